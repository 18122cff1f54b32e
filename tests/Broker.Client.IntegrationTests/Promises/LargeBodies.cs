namespace Broker.Client.IntegrationTests.Promises;

/// <summary>Bodies that say which call they are from, as those of <see cref="Serial.Body"/>, and are as long as is wanted.</summary>
internal static class LargeBodies
{
    public static byte[] BodyOf(this Serial serial, int bytes)
    {
        var body = new byte[bytes];
        body.AsSpan().Fill((byte)'.');
        serial.Body.CopyTo(body);
        return body;
    }
}
