using System.Text.Json;

namespace Broker.Client.Hosting;

/// <summary>How a source is polled.</summary>
public sealed record PollingSourceOptions
{
    /// <summary>From the end of a poll to the begin of the next, ten seconds by default; more than zero.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// By which part of itself a wait is longer or shorter at random, so that many clients do not poll in step: 0.1 by
    /// default, from 0 to 1.
    /// </summary>
    public double Jitter { get; set; } = 0.1;

    /// <summary>
    /// The longest wait after polls that failed, five minutes by default and no less than <see cref="Interval"/>: each
    /// failure doubles the wait. A <c>Retry-After</c> of the server that is longer is waited for, up to a day.
    /// </summary>
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long one request may take, answer included: 30 seconds by default.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest answer that is read, 16 MiB by default; a longer one is a failed poll.</summary>
    public int MaxResponseBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// How an answer becomes items; null, the default, takes a JSON array, or the whole of another document as the only item, each known
    /// by its property <see cref="IdProperty"/>. The document is gone when it returns.
    /// </summary>
    public Func<JsonDocument, IEnumerable<PolledItem>>? Items { get; set; }

    /// <summary>
    /// What an item is known by, <c>id</c> by default. Null, and items without it, are known by the hash of their content: then what has
    /// changed is new.
    /// </summary>
    public string? IdProperty { get; set; } = "id";

    /// <summary>
    /// Where ids and the server's validators are kept over restarts: a file, replaced as a whole after each poll that found something.
    /// Null, the default, keeps them in memory, and after a restart everything is new.
    /// </summary>
    public string? StateFile { get; set; }

    /// <summary>How many ids are remembered at the least beyond those of the last answer, 10,000 by default; the oldest are forgotten.</summary>
    public int Remember { get; set; } = 10_000;

    /// <summary>
    /// The client for the requests, which stays the caller's; null, the default, makes one. Set it for headers, credentials, proxies, or
    /// to take it from an <c>IHttpClientFactory</c>. Redirects and certificates are its affair.
    /// </summary>
    public Func<IServiceProvider, HttpClient>? Client { get; set; }

    internal PollingSourceOptions Checked(string name)
    {
        Require(Interval > TimeSpan.Zero, nameof(Interval), Interval, "more than zero");
        Require(Jitter is >= 0 and <= 1, nameof(Jitter), Jitter, "from 0 to 1");
        Require(MaxBackoff >= Interval, nameof(MaxBackoff), MaxBackoff, $"no less than {nameof(Interval)} ({Interval})");
        Require(Timeout > TimeSpan.Zero, nameof(Timeout), Timeout, "more than zero");
        Require(MaxResponseBytes > 0, nameof(MaxResponseBytes), MaxResponseBytes, "more than 0");
        Require(Remember >= 0, nameof(Remember), Remember, "0 or more");
        Require(StateFile is not "", nameof(StateFile), "", "the path of a file, or null");
        return this with { };

        void Require(bool holds, string option, object value, string wanted)
        {
            if (!holds)
                throw new ArgumentException($"{nameof(PollingSourceOptions)}.{option} of the source '{name}' must be {wanted}, not '{value}'.");
        }
    }
}
