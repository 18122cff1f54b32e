namespace Broker.Client.Testing;

/// <summary>What a test connects to: a <see cref="TestBroker"/> of its own, or the real RabbitMQ that an environment variable
/// names, so that the same tests run on both.</summary>
public sealed class TestTarget : IAsyncDisposable
{
    private TestTarget(Uri uri, TestBroker? broker) => (Uri, Broker) = (uri, broker);

    /// <summary>Where to connect.</summary>
    public Uri Uri { get; }

    /// <summary>The test broker; null on a real one, where a test that wants faults or a look inside has to be skipped.
    /// </summary>
    public TestBroker? Broker { get; }

    /// <summary>Takes the broker whose URI is in the environment variable, or starts a test broker where there is none.
    /// </summary>
    /// <exception cref="UriFormatException">The variable holds something that is no URI.</exception>
    public static async Task<TestTarget> StartAsync(string variable = "BROKER_URI", TestBrokerOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(variable);
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } real) return new(new(real), broker: null);
        var broker = await TestBroker.StartAsync(options).ConfigureAwait(false);
        return new(broker.Uri, broker);
    }

    /// <summary>Ends the test broker; a real one stays as it is.</summary>
    public ValueTask DisposeAsync() => Broker?.DisposeAsync() ?? ValueTask.CompletedTask;
}
