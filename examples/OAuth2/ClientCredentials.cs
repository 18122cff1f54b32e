using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Serialization;
using Broker.Client;

namespace OAuth2;

/// <summary>Tokens of an authorization server, by the grant for services (RFC 6749, 4.4: client credentials).</summary>
internal sealed class ClientCredentials(HttpClient http, Uri tokenEndpoint, string clientId, string clientSecret)
{
    /// <summary>A fresh token, and until when it is good: a <see cref="BrokerOptions.CredentialsProvider"/>.</summary>
    /// <exception cref="HttpRequestException">The server gives none. The client logs it, and tries again while the old token lasts.</exception>
    public async ValueTask<BrokerCredentials> GetAsync(CancellationToken cancellationToken)
    {
        var client = $"{Uri.EscapeDataString(clientId)}:{Uri.EscapeDataString(clientSecret)}";
        using var request = new HttpRequestMessage(HttpMethod.Post, tokenEndpoint);
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(client)));
        request.Content = new FormUrlEncodedContent([new("grant_type", "client_credentials")]);

        var asked = DateTimeOffset.UtcNow; // the time of the token begins before its answer is here
        using var response = await http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        var token = await response.Content.ReadFromJsonAsync<Token>(cancellationToken)
            ?? throw new HttpRequestException("The authorization server has answered with a null.");
        return new BrokerCredentials(clientId, token.AccessToken, asked + TimeSpan.FromSeconds(token.ExpiresIn));
    }

    private sealed record Token(
        [property: JsonPropertyName("access_token")] string AccessToken, [property: JsonPropertyName("expires_in")] int ExpiresIn);
}
