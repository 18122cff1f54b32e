using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Broker.Client.Hosting;

/// <summary>An HTTP endpoint with JSON, asked for what has changed.</summary>
internal sealed class JsonEndpoint(Uri uri, HttpClient http, PollingSourceOptions options, TimeProvider time)
{
    /// <exception cref="PollingPauseException">429 or 503: the server has enough.</exception>
    /// <exception cref="HttpRequestException">The request failed.</exception>
    public async Task<PollingAnswer> PollAsync(PollingMemory memory, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (memory.ETag is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", memory.ETag);
        request.Headers.IfModifiedSince = memory.LastModified;
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NotModified)
            return new PollingAnswer([], memory.ETag, memory.LastModified);
        if (response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable)
            throw new PollingPauseException($"it answered {(int)response.StatusCode}", RetryAfter(response.Headers.RetryAfter));
        response.EnsureSuccessStatusCode();
        using var document = await ReadAsync(response.Content, cancellationToken).ConfigureAwait(false);
        return new PollingAnswer(
            [.. options.Items?.Invoke(document) ?? Items(document.RootElement)],
            response.Headers.ETag?.ToString(), response.Content.Headers.LastModified);
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header) => header?.Delta ?? header?.Date - time.GetUtcNow();

    private async Task<JsonDocument> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var body = new ArrayBufferWriter<byte>();
            while (await stream.ReadAsync(body.GetMemory(), cancellationToken).ConfigureAwait(false) is > 0 and var read)
            {
                body.Advance(read);
                if (body.WrittenCount > options.MaxResponseBytes)
                    throw new HttpRequestException($"The answer is above MaxResponseBytes ({options.MaxResponseBytes}).");
            }

            return JsonDocument.Parse(body.WrittenMemory);
        }
    }

    private IEnumerable<PolledItem> Items(JsonElement root) =>
        root.ValueKind == JsonValueKind.Array ? root.EnumerateArray().Select(Item) : [Item(root)];

    private PolledItem Item(JsonElement element)
    {
        var body = Encoding.UTF8.GetBytes(element.GetRawText());
        var known = options.IdProperty is { } name && element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var id)
            && id.ValueKind is JsonValueKind.String or JsonValueKind.Number
            ? id.ToString() : null;
        return new PolledItem(
            known ?? Convert.ToHexStringLower(SHA256.HashData(body)), new Message(body) { ContentType = "application/json" });
    }
}
