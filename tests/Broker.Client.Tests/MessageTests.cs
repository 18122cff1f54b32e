using System.Text.Json;

namespace Broker.Client.Tests;

public sealed class MessageTests
{
    [Fact]
    public void A_string_converts_to_UTF8_text()
    {
        Message message = "héllo";

        Assert.Equal("héllo"u8.ToArray(), message.Body.ToArray());
        Assert.Equal("text/plain; charset=utf-8", message.ContentType);
    }

    [Fact]
    public void Bytes_convert_without_a_copy_and_without_a_content_type()
    {
        byte[] bytes = [1, 2, 3];

        Message fromArray = bytes;
        Message fromMemory = new ReadOnlyMemory<byte>(bytes);
        bytes[0] = 9;

        Assert.Equal([9, 2, 3], fromArray.Body.ToArray());
        Assert.Equal([9, 2, 3], fromMemory.Body.ToArray());
        Assert.Null(fromArray.ContentType);
    }

    [Fact]
    public void An_object_is_written_as_JSON_of_the_web()
    {
        var message = Message.FromJson(new { OrderId = 7 });

        Assert.Equal("""{"orderId":7}""", System.Text.Encoding.UTF8.GetString(message.Body.Span));
        Assert.Equal("application/json", message.ContentType);
    }

    [Fact]
    public void JSON_follows_the_options_that_are_given()
    {
        var message = Message.FromJson(new { OrderId = 7 }, new JsonSerializerOptions());

        Assert.Equal("""{"OrderId":7}""", System.Text.Encoding.UTF8.GetString(message.Body.Span));
    }

    [Fact]
    public void A_message_is_persistent_and_empty_unless_told_otherwise()
    {
        var message = new Message();

        Assert.True(message.Persistent);
        Assert.Equal(0, message.Body.Length);
        Assert.Null(message.Expiration);
    }

    [Fact]
    public void No_text_and_no_headers_are_argument_errors()
    {
        Assert.Throws<ArgumentNullException>(() => Message.FromText(null!));
        Assert.Throws<ArgumentNullException>(() => new Message { Headers = null! });
    }

    [Fact]
    public void A_copy_has_headers_of_its_own()
    {
        var message = new Message("text"u8.ToArray()) { MessageId = "id", Headers = { ["kept"] = 1 } };

        var copy = message.Copy();
        copy.Headers["added"] = 2;
        copy.MessageId = "other";

        Assert.Equal(("id", 1), (message.MessageId, message.Headers.Count));
        Assert.Equal((2, message.Body), (copy.Headers.Count, copy.Body));
        Assert.Empty(new Message().Copy().Headers);
    }
}
