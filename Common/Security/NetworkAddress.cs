using System.Globalization;

namespace TraversalLearning.Security;

/// <summary>A host and a port, written <c>host:port</c>; an IPv6 address stands in brackets.</summary>
/// <param name="Host">Host name or address.</param>
/// <param name="Port">Port.</param>
public sealed record NetworkAddress(string Host, int Port)
{
    /// <summary>Whether a text is an address.</summary>
    public static bool IsValid(string text) => Find(text) is not null;

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">It is none; the message says what would be one.</exception>
    public static NetworkAddress Parse(string text) => Find(text) ?? throw new FormatException("HOST:PORT, such as ca.example:12347 or [::1]:12346");

    private static NetworkAddress? Find(string text)
    {
        int colon = text.LastIndexOf(':');
        string host = colon > 0 ? text[..colon] : string.Empty;
        host = host is ['[', .. var inner, ']'] ? inner : host.Contains(':', StringComparison.Ordinal) ? string.Empty : host;
        return host.Length > 0
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            && port is >= 1 and <= ushort.MaxValue
                ? new NetworkAddress(host, port)
                : null;
    }

    /// <inheritdoc/>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
