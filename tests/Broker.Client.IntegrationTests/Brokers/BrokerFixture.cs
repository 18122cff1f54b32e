using Broker.Client.IntegrationTests.Brokers;

[assembly: AssemblyFixture(typeof(BrokerFixture))]

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>One broker for the whole assembly, and a second one, started when first asked for, that tests may kill.</summary>
public sealed class BrokerFixture : IAsyncLifetime
{
    /// <summary>Tests that use <see cref="FaultyAsync"/> belong in this collection: they run one at a time.</summary>
    public const string Faulty = "Faulty broker";

    private BrokerUnderTest? _shared;
    private BrokerUnderTest? _faulty;
    private Func<Task<BrokerUnderTest>>? _start;
    private string? _unavailable;

    /// <summary>Every test that needs a broker fails with the same message when there is none.</summary>
    public BrokerUnderTest Shared => _shared ?? throw new InvalidOperationException(_unavailable);

    public async ValueTask InitializeAsync()
    {
        try
        {
            _start = await BrokerSelection.ChooseAsync(broker =>
            {
                _shared = broker;
                Console.WriteLine($"Testing on RabbitMQ {broker.Version}: {broker.Description}.");
                return Task.CompletedTask;
            });
        }
        catch (InvalidOperationException error)
        {
            // Kept for the tests: an exception here would reach them wrapped, and the runner's report would be broken.
            _unavailable = error.Message;
        }
    }

    /// <summary>
    /// A running broker that the test may disturb; skips the test when the tests run on a kind of broker that lacks what the test needs beyond
    /// that. One test at a time, see <see cref="Faulty"/>.
    /// </summary>
    public async Task<BrokerUnderTest> FaultyAsync(params BrokerNeed[] needs)
    {
        Shared.Require([BrokerNeed.Faults, .. needs]);
        if (_faulty is not null && await IsLeftDamagedAsync(_faulty))
        {
            await _faulty.DisposeAsync();
            _faulty = null;
        }

        return _faulty ??= await _start!();
    }

    public async ValueTask DisposeAsync()
    {
        if (_faulty is not null)
            await _faulty.DisposeAsync();
        if (_shared is not null)
            await _shared.DisposeAsync();
    }

    /// <summary>A test that failed half-way may leave the broker killed, paused or blocked.</summary>
    private static async Task<bool> IsLeftDamagedAsync(BrokerUnderTest broker)
    {
        try
        {
            await using var probe = await broker.ProbeAsync().WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System);
            var queue = probe.NewName("sound");
            await probe.DeclareAsync(queue).WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System);
            await probe.PublishAsync(queue, "sound").WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System);
            return false;
        }
        catch (Exception error)
        {
            Console.WriteLine($"The faulty broker is replaced: {error.Message}");
            return true;
        }
    }
}

/// <summary>Runs the tests on the faulty broker one after the other.</summary>
[CollectionDefinition(BrokerFixture.Faulty)]
public sealed class FaultyBrokerCollection;
