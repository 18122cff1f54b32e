using Broker.Client.IntegrationTests;
using Broker.Client.IntegrationTests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Broker.Client.Hosting.Tests.Support;

/// <summary>An application with a host, built as a user builds one, whose log is kept.</summary>
internal sealed class App : IAsyncDisposable
{
    private App(IHost host, CapturedLogs logs) => (Host, Logs) = (host, logs);

    public IHost Host { get; }

    public CapturedLogs Logs { get; }

    public BrokerClient Broker => Host.Services.GetRequiredService<BrokerClient>();

    public IHostApplicationLifetime Lifetime => Host.Services.GetRequiredService<IHostApplicationLifetime>();

    /// <summary>With one broker at this address.</summary>
    public static App Build(Uri uri, Action<IBrokerBuilder> add, Action<BrokerOptions>? configure = null) => Build(builder =>
    {
        var broker = builder.Services.AddBroker(uri.OriginalString);
        if (configure is not null)
            builder.Services.AddBroker(configure);
        add(broker);
    });

    public static App Build(Action<HostApplicationBuilder> add)
    {
        var logs = new CapturedLogs();
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton<ILoggerFactory>(logs);
        add(builder);
        return new App(builder.Build(), logs);
    }

    /// <summary>Has the start wait until the broker is there, the queues are declared and the consumers have begun.</summary>
    public static void WithBroker(BrokerHostingOptions host) => host.FailFast = true;

    public async Task<App> StartAsync()
    {
        await Host.StartAsync().InTime();
        return this;
    }

    public Task StopAsync() => Host.StopAsync().InTime(40);

    public async ValueTask DisposeAsync()
    {
        await Host.StopAsync().InTime(40);
        await ((IAsyncDisposable)Host).DisposeAsync();
    }
}
