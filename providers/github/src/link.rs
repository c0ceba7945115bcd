//! Reads the `Link` header. Only page numbers are taken from it; this provider makes the addresses of pages itself.

use badgesmith_provider::Answer;

/// The number of the last page, if the header has it.
/// <https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api>
pub(crate) fn last_page(answer: &Answer<'_>) -> Option<u32> {
    let (_, query) = target(answer, "last")?.split_once('?')?;
    query.split(['&', '#']).find_map(|pair| pair.strip_prefix("page="))?.parse().ok()
}

/// Whether there is a next page.
pub(crate) fn has_next(answer: &Answer<'_>) -> bool {
    target(answer, "next").is_some()
}

/// The target of the link with this relation: `<address>; rel="relation", …` (RFC 8288).
fn target<'a>(answer: &'a Answer<'_>, relation: &str) -> Option<&'a str> {
    // Each link begins with `<`; everything up to the next one, including commas, is its parameters.
    answer.header("link")?.split('<').skip(1).find_map(|link| {
        let (address, parameters) = link.split_once('>')?;
        parameters.split([';', ',']).any(|parameter| is_relation(parameter, relation)).then_some(address)
    })
}

fn is_relation(parameter: &str, relation: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
    name.trim().eq_ignore_ascii_case("rel") && relations.any(|found| found.eq_ignore_ascii_case(relation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(link: &str, last: Option<u32>, next: bool) {
        let mut answer = Answer::default();
        answer.headers.insert("link".to_owned(), link.to_owned());
        assert_eq!((last_page(&answer), has_next(&answer)), (last, next), "{link}");
    }

    #[test]
    fn the_last_page_is_the_number_in_its_address() {
        check(
            "<https://api.github.com/organizations/1/packages/nuget/x/versions?page=2&per_page=100>; rel=\"next\", \
             <https://api.github.com/organizations/1/packages/nuget/x/versions?page=7&per_page=100>; rel=\"last\"",
            Some(7),
            true,
        );
        check("<https://h/x?per_page=100&page=3#p>;rel=last", Some(3), false);
        check("<https://h/x?q=a,b&page=4>; title=\"a; b, c\"; REL=\"prev Last\"", Some(4), false);
    }

    #[test]
    fn an_address_without_a_number_names_no_last_page() {
        check("<https://h/x?after=abc>; rel=\"next\", <https://h/x?before=abc>; rel=\"last\"", None, true);
        check("<https://h/x?per_page=100>; rel=\"last\"", None, false);
        check("<https://h/x?page=-1>; rel=\"last\"", None, false);
        check("<https://h/x?page=99999999999>; rel=\"last\"", None, false);
    }

    #[test]
    fn what_is_no_link_names_nothing() {
        for link in ["", "<", ">", "<>", "next", "https://h/x?page=2; rel=\"last\"", "<https://h?page=2", "<a>; rel"] {
            check(link, None, false);
        }
        assert!(!has_next(&Answer::default()));
    }
}
