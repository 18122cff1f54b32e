using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>The commands of rabbitmqctl that tests use, on a test broker; others are refused by name.</summary>
internal sealed class InProcessControl(TestBroker broker)
{
    private readonly Dictionary<string, string> _policies = [];

    public async Task<string> RunAsync(IReadOnlyList<string> arguments)
    {
        switch (arguments.Where(static argument => argument != "-q").ToArray())
        {
            case ["add_user", var name, var password]:
                broker.Access.AddUser(name, password);
                return "";
            case ["delete_user", var name]:
                await broker.Access.DeleteUserAsync(name);
                return "";
            case ["list_users"]:
                return string.Join('\n', broker.Access.Users);
            case ["set_permissions", "-p", var host, var user, var configure, var write, var read]:
                broker.Access.SetPermissions(user, configure, write, read, host);
                return "";
            case ["set_permissions", var user, var configure, var write, var read]:
                broker.Access.SetPermissions(user, configure, write, read);
                return "";
            case ["add_vhost", var name]:
                broker.Access.AddVirtualHost(name);
                return "";
            case ["delete_vhost", var name]:
                await broker.Access.DeleteVirtualHostAsync(name);
                return "";
            case ["set_policy", var name, var pattern, var definition, "--apply-to", "queues"]:
                broker.SetPolicy(pattern, Policy(definition));
                _policies[name] = pattern;
                return "";
            case ["list_queues", "name", "policy"]:
                return string.Join('\n', broker.Queues().Select(queue => $"{queue.Name}\t{PolicyOf(queue.Name)}"));
            case ["list_connections", .. var columns]:
                return string.Join('\n', broker.Connections.Select(connection => string.Join('\t', columns.Select(column => Column(connection, column)))));
            case ["list_channels", "pid"]:
                return string.Join('\n', broker.Connections.SelectMany(connection => Enumerable.Repeat($"{connection.Number}", connection.ChannelCount)));
            default:
                throw new NotSupportedException($"A test broker has no '{string.Join(' ', arguments)}'.");
        }
    }

    private static string Column(TestConnection connection, string name) => name switch
    {
        "pid" => connection.Number.ToString(CultureInfo.InvariantCulture),
        "timeout" => connection.Heartbeat.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        "client_properties" => string.Join(", ", connection.ClientProperties.Select(property => $"{property.Key}: {property.Value}")),
        _ => throw new NotSupportedException($"A test broker has no column {name} of connections."),
    };

    private static TestPolicy Policy(string definition)
    {
        var policy = new TestPolicy();
        foreach (var (name, value) in JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(definition)!)
        {
            if (name != "max-length")
                throw new NotSupportedException($"A test broker's policy by rabbitmqctl has no {name}.");
            policy.MaxLength = value.GetInt64();
        }

        return policy;
    }

    private string PolicyOf(string queue) => _policies.FirstOrDefault(policy => Regex.IsMatch(queue, policy.Value)).Key ?? "";
}
