using System.Globalization;
using System.Text;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>Which call a message comes from: its body says so, whatever its message id is.</summary>
internal readonly record struct Serial(int Producer, int Number)
{
    private const int BodyLength = 100;

    public ReadOnlyMemory<byte> Body => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Producer} {Number} ").PadRight(BodyLength, '.'));

    /// <summary>Null where the body is none of ours.</summary>
    public static Serial? Of(ReadOnlySpan<byte> body) =>
        Encoding.ASCII.GetString(body).Split(' ') is [var producer, var number, _]
            && int.TryParse(producer, CultureInfo.InvariantCulture, out var one) && int.TryParse(number, CultureInfo.InvariantCulture, out var other)
            ? new Serial(one, other)
            : null;
}
