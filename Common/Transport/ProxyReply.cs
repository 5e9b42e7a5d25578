using System.Globalization;
using System.Text;
using TraversalLearning.Wire;

namespace TraversalLearning.Transport;

/// <summary>What has been received of a proxy's answer.</summary>
internal enum ProxyReplyState
{
    /// <summary>A valid beginning.</summary>
    Incomplete,

    /// <summary>The whole head.</summary>
    Complete,

    /// <summary>Not the head of an HTTP/1 response.</summary>
    Invalid,
}

/// <summary>A proxy's answer to CONNECT: the head of an HTTP/1 response.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Phrase">The reason phrase.</param>
/// <param name="OffersBasic">Whether Basic authentication is offered.</param>
internal sealed record ProxyReply(int Status, string Phrase, bool OffersBasic)
{
    /// <summary>Longest head.</summary>
    public const int MaxBytes = 8192;

    private const int MaxPhrase = 80;
    private const string Challenge = "Proxy-Authenticate:";

    private static ReadOnlySpan<byte> Version => "HTTP/1."u8;

    /// <summary>Parses the bytes received so far.</summary>
    public static ProxyReplyState TryParse(ReadOnlySpan<byte> bytes, out ProxyReply? reply)
    {
        reply = null;
        if (!Version.StartsWith(bytes[..Math.Min(bytes.Length, Version.Length)]))
        {
            return ProxyReplyState.Invalid;
        }

        if (!bytes.EndsWith("\r\n\r\n"u8))
        {
            return ProxyReplyState.Incomplete;
        }

        string[] lines = Encoding.Latin1.GetString(bytes).Split("\r\n");
        string[] words = lines[0].Split(' ', 3);
        if (words[0] is not ("HTTP/1.0" or "HTTP/1.1") || words.Length < 2 || words[1].Length != 3
            || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int status))
        {
            return ProxyReplyState.Invalid;
        }

        string phrase = words.Length == 3 ? words[2].Trim() : string.Empty;
        reply = new ProxyReply(status, phrase.Length > MaxPhrase ? phrase[..MaxPhrase] : phrase, lines.Skip(1).Any(IsBasic));
        return ProxyReplyState.Complete;
    }

    /// <inheritdoc/>
    public override string ToString() => Printable.Escape($"{Status} {Phrase}".TrimEnd());

    // A challenge may be in a line of its own or behind another one's comma.
    private static bool IsBasic(string line) =>
        line.StartsWith(Challenge, StringComparison.OrdinalIgnoreCase)
        && line[Challenge.Length..].Split(',').Any(c => c.Trim().Split(' ')[0].Equals("Basic", StringComparison.OrdinalIgnoreCase));
}
