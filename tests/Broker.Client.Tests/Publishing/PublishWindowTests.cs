namespace Broker.Client.Tests.Publishing;

public sealed class PublishWindowTests
{
    [Fact]
    public void There_is_room_up_to_the_number_of_messages()
    {
        var window = new PublishWindow(messages: 2, bytes: 1000);

        window.Take(1);
        Assert.True(window.HasRoomFor(1));
        window.Take(1);

        Assert.False(window.HasRoomFor(0));
    }

    [Fact]
    public void There_is_room_up_to_the_number_of_bytes_and_not_beyond()
    {
        var window = new PublishWindow(messages: 10, bytes: 100);
        window.Take(60);

        Assert.True(window.HasRoomFor(40));
        Assert.False(window.HasRoomFor(41));
    }

    [Fact]
    public void A_message_larger_than_the_window_goes_alone()
    {
        var window = new PublishWindow(messages: 10, bytes: 100);
        Assert.True(window.HasRoomFor(101));

        window.Take(101);
        Assert.False(window.HasRoomFor(0));
        window.Release(101);
        window.Take(1);

        Assert.False(window.HasRoomFor(101));
    }

    [Fact]
    public void Sizes_above_32_bits_add_up()
    {
        var window = new PublishWindow(messages: 10, bytes: long.MaxValue);

        for (var each = 0; each < 4; each++)
            window.Take(int.MaxValue);

        Assert.Equal(4L * int.MaxValue, window.Bytes);
    }

    [Fact]
    public void What_is_given_back_can_be_taken_again()
    {
        var window = new PublishWindow(messages: 1, bytes: 10);
        window.Take(10);

        window.Release(10);

        Assert.Equal((0, 0L), (window.Messages, window.Bytes));
        Assert.True(window.HasRoomFor(10));
    }

    [Fact]
    public void Cleared_it_is_empty()
    {
        var window = new PublishWindow(messages: 2, bytes: 10);
        window.Take(5);
        window.Take(5);

        window.Clear();

        Assert.Equal((0, 0L), (window.Messages, window.Bytes));
    }
}
