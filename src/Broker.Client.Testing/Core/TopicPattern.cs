namespace Broker.Client.Testing;

/// <summary>A binding key of a topic exchange: <c>*</c> is exactly one word, <c>#</c> any number, none
/// included.</summary>
internal sealed class TopicPattern(string key)
{
    private readonly string[] _pattern = Split(key);

    public static string[] Split(string key) => key.Length == 0 ? [] : key.Split('.');

    public bool Matches(ReadOnlySpan<string> words)
    {
        // The usual wildcard walk: on a mismatch go back to the last '#' and let it take one word more.
        int word = 0, at = 0, hash = -1, mark = 0;
        while (word < words.Length)
        {
            if (at < _pattern.Length && _pattern[at] == "#")
            {
                hash = at++;
                mark = word;
            }
            else if (at < _pattern.Length && (_pattern[at] == "*" || _pattern[at] == words[word]))
            {
                at++;
                word++;
            }
            else if (hash >= 0)
            {
                at = hash + 1;
                word = ++mark;
            }
            else
            {
                return false;
            }
        }

        while (at < _pattern.Length && _pattern[at] == "#") at++;
        return at == _pattern.Length;
    }
}
