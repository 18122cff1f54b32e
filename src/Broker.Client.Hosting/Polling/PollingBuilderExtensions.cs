using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Broker.Client.Hosting;

/// <summary>
/// Sources that are polled while the host runs, and publish what is new. An item counts as published once the broker has
/// confirmed it; a process that dies in between publishes it once more, with the same message id.
/// </summary>
/// <remarks>
/// A source never polls again before the last poll has ended and everything of it is published. What fails is logged and
/// tried again, at growing intervals. It begins when the host has started, and ends before any service of it stops.
/// </remarks>
[SuppressMessage("ApiDesign", "RS0026:Do not add multiple public overloads with optional parameters",
    Justification = "They differ in what is polled.")]
public static class PollingBuilderExtensions
{
    /// <summary>
    /// Polls a JSON document by HTTP, with the server's own validators (<c>ETag</c>, <c>Last-Modified</c>): while nothing changes, an
    /// answer has no body.
    /// </summary>
    /// <param name="builder">The broker.</param>
    /// <param name="uri">What is requested, absolute.</param>
    /// <param name="exchange">The exchange; empty for the default one.</param>
    /// <param name="routingKey">The routing key; for the default exchange the name of a queue.</param>
    /// <param name="configure">Interval, ids, what becomes an item.</param>
    /// <exception cref="ArgumentException">The URI is not absolute, or an option has no sense; the message names it.</exception>
    public static IBrokerBuilder AddPollingSource(
        this IBrokerBuilder builder, Uri uri, string exchange, string routingKey, Action<PollingSourceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (!uri.IsAbsoluteUri || uri.Scheme is not ("http" or "https"))
            throw new ArgumentException($"A source is polled by http or https at an absolute URI, not '{uri}'.", nameof(uri));
        var name = uri.GetLeftPart(UriPartial.Path); // a query may hold a key
        return Add(builder, name, exchange, routingKey, configure, (services, options, time) =>
            new JsonEndpoint(uri, options.Client?.Invoke(services) ?? NewClient(), options, time).PollAsync);
    }

    /// <summary>Polls a delegate: a database, a folder, another protocol. What it returns with an id that is known is not published.</summary>
    /// <param name="builder">The broker.</param>
    /// <param name="name">What the source is called in logs.</param>
    /// <param name="poll">Called once an interval, with the services of a scope of its own; may throw.</param>
    /// <param name="exchange">The exchange; empty for the default one.</param>
    /// <param name="routingKey">The routing key; for the default exchange the name of a queue.</param>
    /// <param name="configure">Interval, and how much is remembered.</param>
    /// <exception cref="ArgumentException">An option has no sense; the message names it.</exception>
    public static IBrokerBuilder AddPollingSource(
        this IBrokerBuilder builder, string name, Func<IServiceProvider, CancellationToken, Task<IEnumerable<PolledItem>>> poll,
        string exchange, string routingKey, Action<PollingSourceOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(poll);
        return Add(builder, name, exchange, routingKey, configure, (services, _, _) => async (_, token) =>
        {
            var scope = services.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
                return new PollingAnswer([.. await poll(scope.ServiceProvider, token).ConfigureAwait(false)]);
        });
    }

    private static IBrokerBuilder Add(
        IBrokerBuilder builder, string name, string exchange, string routingKey, Action<PollingSourceOptions>? configure,
        Func<IServiceProvider, PollingSourceOptions, TimeProvider, Func<PollingMemory, CancellationToken, Task<PollingAnswer>>> make)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(exchange);
        ArgumentNullException.ThrowIfNull(routingKey);
        var options = new PollingSourceOptions();
        configure?.Invoke(options);
        var frozen = options.Checked(name);
        BrokerRegistration.Add(builder);
        var key = builder.Key;
        // Not AddHostedService, which takes one of a type.
        builder.Services.AddSingleton<IHostedService>(services =>
        {
            var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
            return new PollingSource(
                name, exchange, routingKey, frozen, make(services, frozen, time),
                key is null ? services.GetRequiredService<IPublisher>() : services.GetRequiredKeyedService<IPublisher>(key),
                time, new Random(), services.GetRequiredService<ILoggerFactory>().CreateLogger(HostingLog.Category));
        });
        return builder;
    }

    // It lives as long as the source, which is as long as the host; connections follow changes of the DNS.
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The client has it.")]
    private static HttpClient NewClient() => new(new SocketsHttpHandler
    {
        AutomaticDecompression = DecompressionMethods.All,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    }) { Timeout = Timeout.InfiniteTimeSpan };
}
