#!/usr/bin/env bash
# Runs a command with nginx in front of the server, as deploy/proxies/nginx.conf configures it.
#
#   STAGE_URL=http://127.0.0.1:PORT/team/badges behind_nginx.sh COMMAND…
#
# The environment of the command has STAGE_URL, the address of the same server behind nginx.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
nginx=$(PATH=$PATH:/usr/sbin command -v nginx)
port=$(python3 -c 'import socket; probe = socket.socket(); probe.bind(("127.0.0.1", 0)); print(probe.getsockname()[1])')
server=${STAGE_URL#http://}

# A user who is not root cannot write to the folders that Debian's nginx has for bodies.
temporary=$(printf '%s_temp_path temporary; ' client_body proxy fastcgi uwsgi scgi)
sed -e "s|server 127.0.0.1:8080|server ${server%%/*}|" -e "s|listen 127.0.0.1:8443|listen 127.0.0.1:$port|" \
  -e "s|^http {|http { access_log off; $temporary|" "$here/../../../proxies/nginx.conf" >"$folder/nginx.conf"
chmod 711 "$folder"
"$nginx" -e "$folder/error.log" -p "$folder" -c nginx.conf -g "daemon off; pid $folder/pid; error_log $folder/error.log;" &
process=$!
trap 'kill "$process" && wait "$process"; rm -r "$folder"' EXIT
url=http://127.0.0.1:$port/${server#*/}
until curl --silent --fail --output /dev/null "$url/health"; do
  kill -0 "$process" || { cat "$folder/error.log" >&2 && exit 1; }
  sleep 0.1
done
STAGE_URL=$url "$@"
