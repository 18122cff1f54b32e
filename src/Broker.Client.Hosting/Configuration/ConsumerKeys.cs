using System.Globalization;

namespace Broker.Client.Hosting;

/// <summary>The keys of a consumer: every option of <see cref="ConsumerOptions"/> that a file can hold, under its own name.</summary>
internal static class ConsumerKeys
{
    public static readonly KeyTable<ConsumerOptions> Table = new()
    {
        { nameof(ConsumerOptions.AckMode), (options, value) => options.AckMode = value.Word<AckMode>() },
        { nameof(ConsumerOptions.Prefetch), (options, value) => options.Prefetch = value.Whole<ushort>() },
        { nameof(ConsumerOptions.Concurrency), (options, value) => options.Concurrency = value.Whole<int>() },
        { nameof(ConsumerOptions.HandlerTimeout), (options, value) => options.HandlerTimeout = value.TimeOrInfinite() },
        { nameof(ConsumerOptions.FailurePolicy), PolicyParts.Bind },
        { nameof(ConsumerOptions.MaxBodyBytes), (options, value) => options.MaxBodyBytes = value.Whole<uint>() },
        { nameof(ConsumerOptions.MaxHeaders), (options, value) => options.MaxHeaders = value.Whole<int>() },
        { nameof(ConsumerOptions.MaxHeaderDepth), (options, value) => options.MaxHeaderDepth = value.Whole<int>() },
        { nameof(ConsumerOptions.MaxHeaderBytes), (options, value) => options.MaxHeaderBytes = value.Whole<int>() },
        { nameof(ConsumerOptions.Exclusive), (options, value) => options.Exclusive = value.Flag() },
        { nameof(ConsumerOptions.Priority), (options, value) => options.Priority = value.Whole<int>() },
        { nameof(ConsumerOptions.ConsumerTag), (options, value) => options.ConsumerTag = value.Text },
        { nameof(ConsumerOptions.StreamOffset), (options, value) => options.StreamOffset = Offset(value) },
        { nameof(ConsumerOptions.DrainTimeout), (options, value) => options.DrainTimeout = value.Time() },
        { nameof(ConsumerOptions.Arguments), (options, value) => options.Arguments = value.Table() },
    };

    private static StreamOffset Offset(ConfiguredValue value) => value.Text switch
    {
        var text when text.Equals("first", StringComparison.OrdinalIgnoreCase) => StreamOffset.First,
        var text when text.Equals("last", StringComparison.OrdinalIgnoreCase) => StreamOffset.Last,
        var text when text.Equals("next", StringComparison.OrdinalIgnoreCase) => StreamOffset.Next,
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => StreamOffset.At(number),
        var text when TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var age) && age > TimeSpan.Zero => StreamOffset.Ago(age),
        var text when DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) => StreamOffset.Since(time),
        _ => throw value.Wrong(
            "first, last, next, the number of a message, a time such as 2026-01-31T12:00:00Z, or how long ago as hours:minutes:seconds"),
    };
}
