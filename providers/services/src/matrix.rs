//! The number of people in a Matrix room, as the room's own server summarises it.

use badgesmith_provider::{Badge, Call, Failure, Step};

use crate::{failures::json, host::Host, reading::count};

/// The number of members of a room such as `twim:matrix.org`.
pub(crate) fn badge(call: &Call) -> Result<Badge, Step> {
    let room = call.param("room").trim_start_matches('#');
    let invalid = || Failure::invalid_parameter("PARAMETER_INVALID", "room", "invalid alias");
    let (_, server) = room.split_once(':').ok_or_else(invalid)?;
    let server = call.query("server_fqdn").unwrap_or(server);
    if server.contains(['/', '@', '?', '#', '\\']) || server.matches(':').count() > 1 {
        return Err(invalid().into());
    }
    let host = Host::named(&format!("https://{server}"), "", "server_fqdn").map_err(|_| invalid())?;
    let alias = format!("#{room}");
    let mut answer = call.fetch(host.get("_matrix/client/v1/room_summary/{}", [&*alias]))?;
    if !(200..300).contains(&answer.status) {
        // The address of servers before version 1.15 of the specification.
        answer = call.fetch(host.get("_matrix/client/unstable/im.nheko.summary/rooms/{}/summary", [&*alias]))?;
    }
    let summary = json(answer, "room or endpoint not found")?;
    Ok(Badge::new(format!("{} users", count(&summary, "/num_joined_members")?)).color("brightgreen"))
}
