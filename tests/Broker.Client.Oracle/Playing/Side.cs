using Broker.Client.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.Oracle.Playing;

/// <summary>A broker that a program is played on.</summary>
internal abstract class Side : IAsyncDisposable
{
    public abstract Uri Uri { get; }

    /// <summary>Lets time pass, as the broker sees it.</summary>
    public abstract Task PassAsync(TimeSpan time);

    /// <summary>Whether a queue is there, where that can be asked from outside of the protocol; else null.</summary>
    public abstract bool? Has(string queue);

    public virtual ValueTask DisposeAsync() => default;
}

/// <summary>Somebody else's broker.</summary>
internal sealed class RealSide(Uri uri) : Side
{
    public override Uri Uri => uri;

    public override Task PassAsync(TimeSpan time) => Task.Delay(time, TimeProvider.System);

    public override bool? Has(string queue) => null;
}

/// <summary>The test broker: it runs first, and what it does is what the real one is expected to do.</summary>
internal sealed class TestSide : Side
{
    private readonly TestBroker _broker;
    private readonly FakeTimeProvider _clock;

    private TestSide(TestBroker broker, FakeTimeProvider clock) => (_broker, _clock) = (broker, clock);

    public override Uri Uri => _broker.Uri;

    /// <summary>With the user of the real one, whom refusals name.</summary>
    public static async Task<TestSide> StartAsync(BrokerProfile profile, Uri real)
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var options = new TestBrokerOptions { Profile = profile, TimeProvider = clock };
        if (real.UserInfo.Split(':') is [var user, var password])
            (options.UserName, options.Password) = (Uri.UnescapeDataString(user), Uri.UnescapeDataString(password));
        return new(await TestBroker.StartAsync(options), clock);
    }

    public override Task PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return Task.CompletedTask;
    }

    public override bool? Has(string queue) => _broker.Queue(queue).Exists;

    public override async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        await base.DisposeAsync();
    }
}
