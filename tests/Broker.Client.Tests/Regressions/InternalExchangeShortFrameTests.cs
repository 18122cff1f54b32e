namespace Broker.Client.Tests.Regressions;

public sealed class InternalExchangeShortFrameTests
{
    [Fact]
    public void A_declaration_that_ends_within_its_names_is_left_alone()
    {
        byte[] frame = [1, 0, 1, 0, 0, 0, 20, 0, 40, 0, 10, 0, 0, 4, (byte)'l', (byte)'o'];

        Assert.Null(InternalExchange.TryMark(frame, channelNumber: 1));
    }
}
