#!/usr/bin/env bash
# Packs every package, and uses them as a stranger would, in new projects outside of this repository:
#   tests/package.sh [URI]        (or BROKER_URI) of a running broker
set -euo pipefail
uri=${1:-${BROKER_URI:?the URI of a broker}}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/broker-client-package.XXXXXX")
trap 'rm -rf "$work"' EXIT
bad=0
# check NAME COMMAND...
check() { if "${@:2}" >"$work/last" 2>&1; then echo "ok package: $1"; else cat "$work/last"; echo "not ok package: $1"; bad=1; fi; }

# A version that nobody has seen, and a package folder of its own: nothing stale can stand in for a package.
suffix=check.$(date +%s)
export NUGET_PACKAGES=$work/packages
packages=()
for project in "$root"/src/*/*.csproj; do
  [[ $(cd "$root" && dotnet msbuild "$project" -getProperty:IsPackable) == true ]] || continue
  packages+=("$(basename "$project" .csproj)")
  (cd "$root" && NUGET_PACKAGES= dotnet pack "$project" -c Release -v quiet \
    --artifacts-path "$work/artifacts" -o "$work/feed" --version-suffix "$suffix")
done
nupkg=$(echo "$work"/feed/Broker.Client.[0-9]*.nupkg)
version=$(basename "$nupkg" .nupkg); version=${version#Broker.Client.}
check "has a version that is new" test "${version%"$suffix"}" != "$version"

mkdir "$work/apps"; cd "$work/apps"
cat >nuget.config <<XML
<configuration>
  <packageSources>
    <add key="feed-of-this-check" value="$work/feed" />
  </packageSources>
</configuration>
XML

# new_program NAME: from here on in its folder; its source is the input.
new_program() { mkdir "$work/apps/$1"; cd "$work/apps/$1"; dotnet new console -n App -o . --no-restore >/dev/null; cat >Program.cs; }
# runs WHAT TEXT: the program of this folder builds, and prints that line.
runs() {
  local bin=$work/bin/$(basename "$PWD")
  check "$1: builds into a new program" dotnet build -c Release -v quiet -o "$bin"
  check "$1: runs" env "BROKER_URI=$uri" timeout 60 dotnet exec "$bin/App.dll"
  cp "$work/last" "$work/output"
  check "$1: sends and receives" grep -qxF "$2" "$work/output"
}

new_program client <<'CS'
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
check "Broker.Client installs with dotnet add package" dotnet add package Broker.Client --version "$version"
runs Broker.Client '[x] Received Hello World!'

new_program host <<'CS'
using Broker.Client;
using Broker.Client.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var queue = $"package.check.{Guid.NewGuid():n}";
var builder = Host.CreateApplicationBuilder();
builder.Configuration["Broker:Uri"] = Environment.GetEnvironmentVariable("BROKER_URI");
builder.Configuration["Broker:FailFast"] = "true";
builder.Services.AddBroker(builder.Configuration.GetSection("Broker"))
    .DeclareQueue(queue)
    .AddPublisher<Greeting>("", queue)
    .AddConsumer<GreetingHandler, Greeting>(queue);
builder.Services.AddHealthChecks().AddBroker();

using var host = builder.Build();
await host.StartAsync();
await host.Services.GetRequiredService<IPublisher<Greeting>>().PublishAsync(new Greeting("Hello World!"));
await GreetingHandler.Received.Task.WaitAsync(TimeSpan.FromSeconds(30));
await host.Services.GetRequiredService<BrokerClient>().DeleteQueueAsync(queue);
await host.StopAsync();

public sealed record Greeting(string Text);

public sealed class GreetingHandler : IMessageHandler<Greeting>
{
    public static readonly TaskCompletionSource Received = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task HandleAsync(Greeting message, Delivery delivery, CancellationToken cancellationToken)
    {
        Console.WriteLine($"[x] Handled {message.Text}");
        Received.TrySetResult();
        return Task.CompletedTask;
    }
}
CS
check "Broker.Client.Hosting installs with dotnet add package" dotnet add package Broker.Client.Hosting --version "$version"
check "Microsoft.Extensions.Hosting installs beside it" dotnet add package Microsoft.Extensions.Hosting
runs Broker.Client.Hosting '[x] Handled Hello World!'

# No host and no port of anybody: the broker is inside of the program, and the name of the other one does not exist.
new_program test <<'CS'
using Broker.Client;
using Broker.Client.Testing;
using Broker.Client.Testing.Hosting;
using Microsoft.Extensions.DependencyInjection;

var services = new ServiceCollection();
services.AddBroker("amqp://broker.invalid").DeclareQueue("greetings");
services.AddTestBroker();
await using var provider = services.BuildServiceProvider();
await provider.GetRequiredService<IPublisher>().SendAsync("greetings", "Hello World!");
var stored = provider.GetRequiredService<TestBroker>().Queue("greetings").Messages.Single();
Console.WriteLine($"[x] Stored {stored.GetText()}");
CS
check "Broker.Client.Testing.Hosting installs with dotnet add package" dotnet add package Broker.Client.Testing.Hosting --version "$version"
check "Microsoft.Extensions.DependencyInjection installs beside it" dotnet add package Microsoft.Extensions.DependencyInjection
runs Broker.Client.Testing.Hosting '[x] Stored Hello World!'

for name in "${packages[@]}"; do
  check "$name: has symbols beside it" test -s "$work/feed/$name.$version.snupkg"
  unpacked=$work/unpacked/$name; mkdir -p "$unpacked"
  check "$name: can be unpacked" python3 -m zipfile -e "$work/feed/$name.$version.nupkg" "$unpacked"
  readme=$root/src/$name/README.md; [[ -e $readme ]] || readme=$root/README.md
  check "$name: holds its README" cmp "$readme" "$unpacked/README.md"
  check "$name: holds the licence" cmp "$root/LICENSE" "$unpacked/LICENSE"
  check "$name: holds its library" test -s "$unpacked/lib/net10.0/$name.dll"
  check "$name: holds its documentation" test -s "$unpacked/lib/net10.0/$name.xml"
  check "$name: names its licence" grep -q '<license type="expression">MIT</license>' "$unpacked/$name.nuspec"
  check "$name: names its README" grep -q '<readme>README.md</readme>' "$unpacked/$name.nuspec"
  check "$name: says what it is" grep -q '<description>[^<]* RabbitMQ' "$unpacked/$name.nuspec"
done
exit "$bad"
