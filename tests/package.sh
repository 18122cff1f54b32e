#!/usr/bin/env bash
# Packs the library, and uses the package as a stranger would, in a new project outside of this repository:
#   tests/package.sh [URI]        (or BROKER_URI) of a running broker
set -euo pipefail
uri=${1:-${BROKER_URI:?the URI of a broker}}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/broker-client-package.XXXXXX")
trap 'rm -rf "$work"' EXIT
bad=0
# check NAME COMMAND...
check() { if "${@:2}" >"$work/last" 2>&1; then echo "ok package: $1"; else cat "$work/last"; echo "not ok package: $1"; bad=1; fi; }

# A version that nobody has seen, and a package folder of its own: nothing stale can stand in for the package.
suffix=check.$(date +%s)
export NUGET_PACKAGES=$work/packages
(cd "$root" && NUGET_PACKAGES= dotnet pack src/Broker.Client -c Release -v quiet --disable-build-servers \
  --artifacts-path "$work/artifacts" -o "$work/feed" --version-suffix "$suffix")
nupkg=$(echo "$work"/feed/*.nupkg)
version=$(basename "$nupkg" .nupkg); version=${version#Broker.Client.}
check "is named Broker.Client and is new" test "${version%"$suffix"}" != "$version"
check "has symbols beside it" test -s "$work/feed/Broker.Client.$version.snupkg"

mkdir "$work/app"; cd "$work/app"
cat >nuget.config <<XML
<configuration>
  <packageSources>
    <add key="feed-of-this-check" value="$work/feed" />
  </packageSources>
</configuration>
XML
dotnet new console -n App -o . --no-restore >/dev/null
cat >Program.cs <<'CS'
using Broker.Client;

var uri = Environment.GetEnvironmentVariable("BROKER_URI")!;
var queue = $"package.check.{Guid.NewGuid():n}";
var received = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

await using var broker = await BrokerClient.ConnectAsync(uri);
await broker.DeclareQueueAsync(queue);
await broker.SendAsync(queue, "Hello World!");
await using (var consumer = await broker.ConsumeAsync(queue, delivery =>
{
    Console.WriteLine($"[x] Received {delivery.GetText()}");
    received.TrySetResult();
}))
{
    await received.Task.WaitAsync(TimeSpan.FromSeconds(30));
}

await broker.DeleteQueueAsync(queue);
CS
check "installs with dotnet add package" dotnet add package Broker.Client --version "$version"
unpacked=$NUGET_PACKAGES/broker.client/$version
check "holds the README" cmp "$root/README.md" "$unpacked/README.md"
check "holds the licence" cmp "$root/LICENSE" "$unpacked/LICENSE"
check "holds the library" test -s "$unpacked/lib/net10.0/Broker.Client.dll"
check "holds the documentation" test -s "$unpacked/lib/net10.0/Broker.Client.xml"
check "names its licence" grep -q '<license type="expression">MIT</license>' "$unpacked/broker.client.nuspec"
check "names its README" grep -q '<readme>README.md</readme>' "$unpacked/broker.client.nuspec"
check "builds into a new program" dotnet build -c Release -v quiet --disable-build-servers -o "$work/bin"
check "runs" env "BROKER_URI=$uri" timeout 60 dotnet exec "$work/bin/App.dll"
cp "$work/last" "$work/output"
check "sends and receives" grep -qxF '[x] Received Hello World!' "$work/output"
exit "$bad"
