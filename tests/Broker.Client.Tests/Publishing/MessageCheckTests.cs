using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Publishing;

public sealed class MessageCheckTests
{
    private static readonly object?[] s_allowed =
    [
        null, "text", new byte[] { 1, 2 }, true, sbyte.MinValue, byte.MaxValue, short.MinValue, ushort.MaxValue, int.MinValue, uint.MaxValue,
        long.MinValue, 1.5f, 2.5, 1.25m, -1.25m, (decimal)int.MaxValue, DateTimeOffset.UnixEpoch,
        new List<object?> { 1, "two", null }, new[] { 1, 2 }, new object?[] { Array.Empty<object?>() },
        new Dictionary<string, object?> { ["inner"] = new Dictionary<string, object?> { ["innermost"] = 1 } },
    ];

    public static IEnumerable<TheoryDataRow<object?>> Allowed => s_allowed.Select(value => new TheoryDataRow<object?>(value));

    [Theory]
    [MemberData(nameof(Allowed), DisableDiscoveryEnumeration = true)]
    public void A_header_that_AMQP_can_hold_is_allowed(object? value)
    {
        Validate(new Message { Headers = { ["x"] = value } });
    }

    public static TheoryData<object> Refused =>
    [
        1ul, 'c', Guid.Empty, new DateTime(2026, 1, 1), new TimeSpan(1), DayOfWeek.Monday, new Uri("amqp://h"), new object(),
        new Dictionary<string, string> { ["a"] = "b" }, new Dictionary<int, object?> { [1] = 2 }, new HashSet<string> { "a" },
        new ReadOnlyMemory<byte>([1]), Int128.One, Half.One, nint.Zero,
    ];

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void A_header_of_another_type_is_refused_by_name_and_type(object value)
    {
        var error = Assert.Throws<ArgumentException>(() => Validate(new Message { Headers = { ["x"] = value } }));

        Assert.StartsWith($"Message.Headers[\"x\"] is of type {value.GetType()}, which an AMQP table cannot hold. Use null, string,", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_value_is_found_in_depth_and_named_by_its_path()
    {
        var headers = new Dictionary<string, object?> { ["a"] = new object?[] { 1, new Dictionary<string, object?> { ["b"] = 'c' } } };

        var error = Assert.Throws<ArgumentException>(() => Validate(new Message { Headers = headers }));

        Assert.StartsWith("Message.Headers[\"a\"][1][\"b\"] is of type System.Char", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2147483648")]
    [InlineData("-2147483648")]
    [InlineData("79228162514264337593543950335")]
    [InlineData("21474836.48")]
    public void A_decimal_beyond_32_bits_is_refused(string number)
    {
        var message = new Message { Headers = { ["x"] = decimal.Parse(number, System.Globalization.CultureInfo.InvariantCulture) } };

        Assert.Contains("an AMQP decimal holds 32 bits and a scale", Assert.Throws<ArgumentException>(() => Validate(message)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_check_allows_the_driver_can_write()
    {
        var headers = s_allowed.Select((value, index) => KeyValuePair.Create($"{index}", value)).ToDictionary();
        Validate(new Message { Headers = headers });

        var written = AmqpTable.ToDriver(headers)!;

        Assert.True(BytesOnTheWire(new RabbitMQ.Client.BasicProperties { Headers = written }) > 0);
        Assert.ThrowsAny<Exception>(() => BytesOnTheWire(new RabbitMQ.Client.BasicProperties { Headers = new Dictionary<string, object?> { ["x"] = Guid.Empty } }));
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public void Nesting_ends_at_a_depth_of_sixteen(int depth, bool isAllowed)
    {
        object? value = 1;
        for (var level = 0; level < depth; level++)
            value = level % 2 == 0 ? new[] { value } : new Dictionary<string, object?> { ["n"] = value };
        var message = new Message { Headers = { ["x"] = value } };

        var error = Record.Exception(() => Validate(message));

        Assert.Equal(isAllowed, error is null);
        Assert.True(isAllowed || error!.Message.Contains("is nested more than 16 deep", StringComparison.Ordinal));
    }

    [Fact]
    public void A_table_that_holds_itself_is_refused_and_not_followed_for_ever()
    {
        var endless = new Dictionary<string, object?>();
        endless["me"] = endless;

        Assert.Throws<ArgumentException>(() => Validate(new Message { Headers = endless }));
    }

    [Fact]
    public void A_header_name_is_a_short_string_at_every_depth()
    {
        var inner = new Dictionary<string, object?> { [Samples.Name(256)] = 1 };

        Validate(new Message { Headers = { [Samples.Name(255)] = 1 } });
        var outside = Assert.Throws<ArgumentException>(() => Validate(new Message { Headers = inner }));
        var inside = Assert.Throws<ArgumentException>(() => Validate(new Message { Headers = { ["a"] = inner } }));

        Assert.StartsWith("A name in Message.Headers is 256 bytes long", outside.Message, StringComparison.Ordinal);
        Assert.StartsWith("A name in Message.Headers[\"a\"] is 256 bytes long", inside.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, Action<Message, string>> ShortStrings => new()
    {
        { nameof(Message.ContentType), (message, text) => message.ContentType = text },
        { nameof(Message.ContentEncoding), (message, text) => message.ContentEncoding = text },
        { nameof(Message.CorrelationId), (message, text) => message.CorrelationId = text },
        { nameof(Message.ReplyTo), (message, text) => message.ReplyTo = text },
        { nameof(Message.MessageId), (message, text) => message.MessageId = text },
        { nameof(Message.Type), (message, text) => message.Type = text },
        { nameof(Message.UserId), (message, text) => message.UserId = text },
        { nameof(Message.AppId), (message, text) => message.AppId = text },
    };

    [Theory]
    [MemberData(nameof(ShortStrings), DisableDiscoveryEnumeration = true)]
    public void A_text_property_holds_255_bytes_of_UTF8(string name, Action<Message, string> set)
    {
        var message = new Message();

        set(message, Samples.Name(255));
        Validate(message);
        set(message, new string('é', 127));
        Validate(message);
        set(message, new string('é', 128));
        var error = Assert.Throws<ArgumentException>(() => Validate(message));

        Assert.StartsWith($"{name} is 256 bytes long in UTF-8; AMQP 0-9-1 allows 255.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("€", 85, 86)]
    [InlineData("😀", 63, 64)]
    public void Characters_of_three_and_four_bytes_are_measured_as_such(string character, int fits, int tooMany)
    {
        Validate(new Message { Type = string.Concat(Enumerable.Repeat(character, fits)) });

        Assert.Throws<ArgumentException>(() => Validate(new Message { Type = string.Concat(Enumerable.Repeat(character, tooMany)) }));
    }

    [Fact]
    public void A_body_is_allowed_up_to_the_limit()
    {
        MessageCheck.Validate(new Message(new byte[10]), maxBytes: 10);

        var error = Assert.Throws<ArgumentException>(() => MessageCheck.Validate(new Message(new byte[11]), maxBytes: 10));
        Assert.StartsWith("The body has 11 bytes; the limit is 10 (PublisherOptions.MaxMessageBytes).", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_expiration_is_what_the_broker_can_count()
    {
        Validate(new Message { Expiration = TimeSpan.Zero });
        Validate(new Message { Expiration = TimeSpan.FromMilliseconds(uint.MaxValue) });

        Assert.Throws<ArgumentException>(() => Validate(new Message { Expiration = TimeSpan.FromMilliseconds(-1) }));
        Assert.Throws<ArgumentException>(() => Validate(new Message { Expiration = TimeSpan.FromMilliseconds(uint.MaxValue + 1L) }));
    }

    [Fact]
    public void A_check_makes_no_headers_where_there_are_none()
    {
        var message = new Message();

        Validate(message);

        Assert.Null(message.HeadersOrNull);
    }

    [Fact]
    public void No_message_is_an_argument_error()
    {
        Assert.Throws<ArgumentNullException>(() => Validate(null!));
    }

    private static void Validate(Message message) => MessageCheck.Validate(message, maxBytes: 1024);

    // The driver measures the properties before it writes them, and throws there where a type is unknown to it. It does so internally only.
    private static int BytesOnTheWire(RabbitMQ.Client.BasicProperties properties)
    {
        var measure = typeof(RabbitMQ.Client.BasicProperties).GetInterfaces().Single(type => type.Name == "IAmqpWriteable").GetMethod("GetRequiredBufferSize")!;
        return (int)measure.Invoke(properties, null)!;
    }

    [Fact]
    public void Headers_that_do_not_fit_one_frame_are_refused()
    {
        var fits = new Message { Headers = { ["text"] = new string('x', 96 * 1024 - 10) } };
        var tooLarge = new Message { Headers = { ["list"] = Enumerable.Repeat<object?>("0123456789", 10_000).ToList() } };

        MessageCheck.Validate(fits, maxBytes: 1024);
        var error = Assert.Throws<ArgumentException>(() => MessageCheck.Validate(tooLarge, maxBytes: 1024));

        Assert.Contains("one frame", error.Message, StringComparison.Ordinal);
    }
}
