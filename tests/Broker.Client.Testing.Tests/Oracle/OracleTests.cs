using Broker.Client.Oracle.Judging;
using Broker.Client.Oracle.Programs;
using Broker.Client.Oracle.Wire;

namespace Broker.Client.Testing.Tests.Oracle;

/// <summary>The test broker beside the real one of this run; BROKER_ORACLE_COUNT plays more programs, BROKER_ORACLE_SEED others.</summary>
public sealed class OracleTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Two_hundred_programs_do_the_same_on_the_test_broker_and_on_RabbitMQ()
    {
        var (uri, version) = await BrokerAsync();
        Assert.SkipUnless(Profiles.Has(version), $"No profile is for RabbitMQ {version}");
        var run = new OracleRun(uri, Profiles.Of(version), output.WriteLine) { Width = 16 };

        await run.RunAsync(Number("SEED", 1), Number("COUNT", 200));

        Assert.Empty(run.Reports);
    }

    [Fact]
    public async Task Every_line_of_the_differences_explains_one()
    {
        var (uri, version) = await BrokerAsync();
        Assert.SkipUnless(Profiles.Has(version), $"No profile is for RabbitMQ {version}");

        Assert.Empty(await Explanations.IdleAsync(uri, Profiles.Of(version), version));
    }

    [Fact]
    public async Task A_program_that_differs_is_found_and_made_small()
    {
        // Both are test brokers, but for the profile: 4.3 does not count a nack, 4.0 does.
        await using var other = await TestBroker.StartAsync(new() { Profile = BrokerProfile.V4_0 });
        var run = new OracleRun(other.Uri, BrokerProfile.V4_3, output.WriteLine) { Width = 2, MostReports = 1 };

        await run.RunAsync(1, 40);

        var report = run.Reports.First();
        Assert.InRange(report.Program.Count, 1, 12);
        Assert.Contains($"seed {report.Seed}", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_seed_draws_its_program_again() => Assert.Equal(
        Generator.Draw(7).Select(operation => operation.ToString()), Generator.Draw(7).Select(operation => operation.ToString()));

    private static async Task<(Uri Uri, string Version)> BrokerAsync()
    {
        var given = Environment.GetEnvironmentVariable("BROKER_URI");
        Assert.True(given is not null, "The oracle needs a broker: set BROKER_URI, amqp://guest:guest@127.0.0.1 say.");
        await using var probe = await RawConnection.OpenAsync(new(given), new Pulse());
        return (new(given), probe.Version);
    }

    private static int Number(string name, int orElse) =>
        int.TryParse(Environment.GetEnvironmentVariable($"BROKER_ORACLE_{name}"), out var number) ? number : orElse;
}
