#!/usr/bin/env bash
# The desk from a script, as an integrator would use it: musterctl demo, login, systems, search, case, submit, outbox, audit,
# evaluate and doctor, over real sockets, the demonstration sign-in server and a real keyring; then with a system down.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${MUSTER_SCRIPT_E2E:-}" ]; then
  mkdir -p bin
  CGO_ENABLED=0 go build -o bin/musterctl ./app/musterctl
  CGO_ENABLED=0 go build -o bin/muster-browser ./plugins/demoforce/browser
  exec env MUSTER_SCRIPT_E2E=1 MUSTER_PRIVATE_KEYRING=1 packaging/dev/with-keyring.sh bash "$0"
fi
work=$(mktemp -d); demo=
cleanup() { [ -z "$demo" ] || kill "$demo" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT
trap 'echo "script_e2e failed at line $LINENO" >&2; tail -5 "$work"/*.err >&2 || true' ERR
ctl() { bin/musterctl --profile "$work/profile" --json "$@"; }
want() { echo "  $1"; shift; "$@" || { echo "NOT SO: $*" >&2; exit 1; }; }
has() { jq -se "$1" "$2" >/dev/null; }

echo "demo"
bin/musterctl --profile "$work/profile" --json demo --latency 0.2 >"$work/demo.json" 2>"$work/demo.err" &
demo=$! # of the program itself: ctl would leave it running
for _ in $(seq 100); do [ -s "$work/demo.json" ] && break; sleep 0.1; done
want "prints six systems, their accounts and the fault switch" has '.[0] | (.systems|length) >= 6 and (.accounts|length) > 0 and (.faults.url|startswith("http://127.0.0.1"))' "$work/demo.json"
export MUSTER_DEMO_CONTROL=$(jq -r .faults.url "$work/demo.json") MUSTER_DEMO_TOKEN=$(jq -r .faults.token "$work/demo.json")
user=$(jq -r '.accounts[0].user' "$work/demo.json"); password=$(jq -r '.accounts[0].password' "$work/demo.json")

echo "login"
rc=0; ctl search miller --purpose training >"$work/out" 2>"$work/nologin.err" || rc=$?
want "nothing is searched before sign-in" test $rc = 1
export BROWSER="$PWD/bin/muster-browser" MUSTER_BROWSER_USER=$user MUSTER_BROWSER_PASSWORD=$password
ctl login >"$work/login.json" 2>"$work/login.err"
want "says who is signed in" has '.[0].officer.collar != null' "$work/login.json"
ctl systems list --check >"$work/systems.json" 2>"$work/systems.err"
want "every system answers, none asks for a credential" has 'map(select(.health=="well" or .health=="slow")) | length >= 6' "$work/systems.json"

echo "search"
rc=0; ctl search miller aaron 2011 >"$work/out" 2>"$work/nopurpose.err" || rc=$?
want "no purpose, no search" test $rc = 2
ctl search miller aaron 2011 --purpose missing --case-ref 24-10887 >"$work/search.json" 2>"$work/search.err"
want "records come from several systems" has 'map(select(.type=="record").system) | unique | length >= 4' "$work/search.json"
want "records stand before the grouped entities, completeness last" has '(map(.type) | index("record") < index("entity")) and (.[-1].type=="completeness") and .[-1].complete' "$work/search.json"
want "the person is one entity of several systems with a warning" has 'map(select(.type=="entity" and .kind=="person" and (.systems|length) >= 3 and (.warnings|length) > 0)) | length >= 1' "$work/search.json"
ref=$(jq -r 'select(.type=="entity" and .kind=="person") | .id' "$work/search.json" | head -1)

ctl candidates givenName=aar surname=mill dateOfBirth=2011 --purpose missing --case-ref 24-10887 --explain >"$work/candidates.json" 2>"$work/candidates.err"
want "who is being typed is found among the copies, and it says why" has '.[0] | (.title|startswith("MILLER, Aaron")) and (.systems|length) >= 3 and (.evidence|length) >= 2 and .probability > 0.3' "$work/candidates.json"

echo "case"
ctl case "$ref" --purpose missing --case-ref 24-10887 >"$work/case.json" 2>"$work/case.err"
want "disagreements name who says which" has '.[0].disagreements | length >= 1 and all(.[]; (.values|length) >= 2 and all(.values[]; (.sources|length) >= 1))' "$work/case.json"
want "warning signals, links and a timeline are there" has '.[0] | (.warnings|length) >= 1 and (.linked|length) >= 1 and (.timeline|length) >= 1' "$work/case.json"

echo "submit"
submit() { ctl submit incident --purpose missing --case-ref 24-10887 --from "$ref" \
  -s startDateTime="$(date -d '-10 min' '+%d/%m/%Y %H:%M')" -s incidentCategory=concern -s priority=P2 \
  -s description="Reported missing by his mother at home." -s person.surname=MILLER -s person.givenName=Aaron \
  -s location.buildingNumber=12 -s "location.thoroughfareName=Alder Rise" -s location.postTown=Leeds -s "location.postcode=LS8 2QX" "$@"; }
submit >"$work/submit.json" 2>"$work/submit.err"
want "three systems give their own reference" has 'map(select(.type=="delivery" and .state=="delivered" and (.reference|length) > 0)) | length == 3' "$work/submit.json"

echo "a system down"
ctl demo fault custody down >/dev/null
rc=0; ctl search miller aaron 2011 --purpose missing --case-ref 24-10887 >"$work/down.json" 2>"$work/down.err" || rc=$?
want "exit code 3: partly done" test $rc = 3
want "custody is NOT SEARCHED, with the reason, and an old copy stands in" has 'map(select(.type=="system" and .system=="custody")) | .[0].state=="not-searched" and (.[0].say|length) > 0 and .[0].cached >= 1' "$work/down.json"
want "the completeness line names it" has '.[-1] | (.complete|not) and (.failed|index("custody") != null)' "$work/down.json"
rc=0; submit --wait 4s >"$work/partly.json" 2>"$work/partly.err" || rc=$?
want "partial delivery is exit code 3 and shown" test $rc = 3
want "two delivered, custody waits" has 'map(select(.type=="delivery")) | (map(select(.state=="delivered"))|length)==2 and (map(select(.system=="custody" and (.state=="waiting" or .state=="doubtful")))|length)==1' "$work/partly.json"
ctl demo fault custody none >/dev/null
ctl outbox run --wait 150s >"$work/outbox.json" 2>"$work/outbox.err"
want "delivered once it is back" has 'map(select(.type=="delivery")) | all(.[]; .state=="delivered")' "$work/outbox.json"
curl -fsS -H "Authorization: Bearer $MUSTER_DEMO_TOKEN" "$MUSTER_DEMO_CONTROL/deliveries?system=custody" >"$work/deliveries.json"
want "custody holds each entry exactly once" jq -e '[.. | objects | select(has("client_ref")) | .client_ref] | length == 2 and (unique | length) == 2' "$work/deliveries.json" >/dev/null

echo "audit, evaluate, doctor"
ctl audit verify >"$work/verify.json" 2>"$work/verify.err"
want "the log of accesses is whole" has '.[0].ok' "$work/verify.json"
ctl audit list -n 200 >"$work/audit.json" 2>"$work/audit.err"
want "it holds purpose, terms and system of each consultation" has 'map(select(.operation=="consultation" and .system=="custody" and .purpose.code=="missing" and (.terms|length) > 0)) | length >= 2' "$work/audit.json"
ctl evaluate >"$work/evaluate.json" 2>"$work/evaluate.err"
want "custody's failure was measured" has 'map(select(.system=="custody"))[0].failed >= 1' "$work/evaluate.json"
ctl doctor >"$work/doctor.json" 2>"$work/doctor.err"
want "the doctor finds nothing wrong" has 'all(.[]; .ok)' "$work/doctor.json"

echo "a system added by IT, from a published document, without a new build"
ves=$(jq -r '.systems[] | select(.connector=="dvla_ves" or .connector=="dvla_ves.yaml") | .id' "$work/demo.json" | head -1)
address=$(jq -r --arg s "$ves" '.systems[] | select(.id==$s) | .options.base_url' "$work/demo.json")
key=$(jq -r --arg s "$ves" '.credentials[$s].api_key' "$work/demo.json")
ctl connector new --openapi plugins/connector/draft/testdata/vehicle-enquiry-1.1.0.json --id second_ves --name "Second vehicle enquiry" -o "$work/second_ves.yaml" >"$work/new.json" 2>"$work/new.err"
sed -i "s|^check:.*|check: {post: /v1/vehicles, body: '{registrationNumber: \"\"}', ok: '.status == 400'}|" "$work/second_ves.yaml" # the one guess that must be mended
ctl connector lint "$work/second_ves.yaml" >"$work/lint.json" 2>"$work/lint.err"
want "the draft has no problem" has 'map(select(.type=="problem")) | length == 0' "$work/lint.json"
printf '%s\n' "$key" | ctl connector try "$work/second_ves.yaml" search --by vrm=YK19FZB -s "base_url=$address" --purpose training >"$work/try.json" 2>"$work/try.err"
want "one operation is tried on the live system, and what nothing maps is said" has '.[-1] | .type=="result" and .records==1 and has("unmapped")' "$work/try.json"
printf '%s\n' "$key" | ctl connector record "$work/second_ves.yaml" search --by vrm=YK19FZB -s "base_url=$address" --purpose training --name "a taxed vehicle" >"$work/record.json" 2>"$work/record.err"
ctl connector test "$work/second_ves.yaml" >"$work/test.json" 2>"$work/test.err"
want "the recording replays without the system" has 'map(select(.type=="case")) | length >= 1 and all(.[]; .ok)' "$work/test.json"
ctl systems add "$work/second_ves.yaml" -s "base_url=$address" >"$work/add.json" 2>"$work/add.err"
printf '%s\n' "$key" | ctl systems credential second_ves >"$work/credential.json" 2>"$work/credential.err"
ctl search YK19FZB --purpose training >"$work/second.json" 2>"$work/second.err"
want "the same search asks it, and its record joins the other systems'" has '(map(select(.type=="record" and .system=="second_ves")) | length == 1) and (map(select(.type=="entity" and .kind=="vehicle" and (.systems|index("second_ves") != null) and (.systems|length) >= 2)) | length == 1)' "$work/second.json"

echo "nothing readable"
want "no personal data and no secret in the profile folder or on standard error" bash -c '! grep -rlaiE "miller|alder rise|try-muster|$(jq -r ".credentials|[.[]|.[]]|join(\"|\")" '"$work/demo.json"')" "'"$work/profile"'" '"$work"'/*.err'
echo "script_e2e: all of it holds"
