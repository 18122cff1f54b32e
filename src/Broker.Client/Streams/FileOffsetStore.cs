using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Broker.Client;

/// <summary>
/// Positions in a folder, a file for each subscriber of a stream. A position is written to a file of its own, flushed to the disk,
/// and then takes the old one's place: killed at any moment, one of the two is there, and whole.
/// </summary>
/// <remarks>
/// Without power that last step may be undone by the file system: then the older position is there, and events that were handled
/// since come again.
/// </remarks>
public sealed class FileOffsetStore : IOffsetStore
{
    private const int LongestName = 200; // of the 255 bytes that file systems allow

    private readonly string _folder;

    /// <param name="folder">Made where it does not exist, at the first write.</param>
    public FileOffsetStore(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _folder = Path.GetFullPath(folder);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The file holds no position.</exception>
    public async ValueTask<long?> ReadAsync(string stream, string subscriber, CancellationToken cancellationToken = default)
    {
        var path = PathFor(stream, subscriber);
        if (!File.Exists(path))
            return null;
        var text = await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false);
        return long.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            ? offset
            : throw new InvalidDataException($"'{path}' holds no position of a subscriber. Delete it to begin anew.");
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(string stream, string subscriber, long offset, CancellationToken cancellationToken = default)
    {
        var path = PathFor(stream, subscriber);
        Directory.CreateDirectory(_folder);
        var next = $"{path}.{Environment.ProcessId}.next";
        var file = new FileStream(next, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        await using (file.ConfigureAwait(false))
        {
            var line = string.Create(CultureInfo.InvariantCulture, $"{offset}\n");
            await file.WriteAsync(Encoding.ASCII.GetBytes(line), cancellationToken).ConfigureAwait(false);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
    }

    private string PathFor(string stream, string subscriber)
    {
        var name = $"{Uri.EscapeDataString(stream)}@{Uri.EscapeDataString(subscriber)}";
        if (name.Length > LongestName)
            name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        return Path.Combine(_folder, $"{name}.offset");
    }
}
