namespace Broker.Client.Tests.Connection;

public sealed class DriverQueueTests
{
    private readonly DriverQueue _queue = new();
    private int _told;

    public DriverQueueTests() => _queue.RoomAgain += () => _told++;

    [Fact]
    public void It_takes_fewer_than_the_sixty_four_that_are_promised_and_no_more()
    {
        var taken = 0;
        while (_queue.TryEnter())
            taken++;

        Assert.Equal((DriverQueue.Most, DriverQueue.Most), (taken, _queue.Count));
        Assert.InRange(taken, 1, 64);
    }

    [Fact]
    public void Whoever_found_no_room_is_told_once_when_half_of_it_is_free()
    {
        while (_queue.TryEnter())
        {
        }

        while (_queue.Count > DriverQueue.Most / 2 + 1)
            _queue.Leave();
        Assert.Equal(0, _told);
        _queue.Leave();
        _queue.Leave();

        Assert.Equal(1, _told);
        Assert.True(_queue.TryEnter());
    }
}
