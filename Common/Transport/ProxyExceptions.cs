using System.Net;

namespace TraversalLearning.Transport;

/// <summary>
/// The hosts of <c>NO_PROXY</c>: names with all names below them (<c>example.org</c>, <c>.example.org</c>), addresses, networks
/// (<c>10.0.0.0/8</c>), each optionally with <c>:port</c>, or <c>*</c> for all.
/// </summary>
/// <param name="list">Entries with commas or spaces between.</param>
internal sealed class ProxyExceptions(string list)
{
    private readonly string[] _entries = list.Split([',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Whether a host is connected to without the proxy. Names are not resolved.</summary>
    public bool Has(string host, int port) => Array.Exists(_entries, e => Matches(e, host, port));

    private static bool Matches(string entry, string host, int port)
    {
        if (entry is "*")
        {
            return true;
        }

        bool isAddress = IPAddress.TryParse(host, out IPAddress? address);
        if (isAddress && IPNetwork.TryParse(entry, out IPNetwork network))
        {
            return network.Contains(address!);
        }

        // An IPv6 address has colons of its own; with a port it is in brackets.
        if (entry.LastIndexOf(':') is > 0 and var colon && (entry.IndexOf(':') == colon || entry[colon - 1] == ']'))
        {
            if (entry[(colon + 1)..] != port.ToString(System.Globalization.CultureInfo.InvariantCulture))
            {
                return false;
            }

            entry = entry[..colon];
        }

        if (isAddress)
        {
            return IPAddress.TryParse(entry.Trim('[', ']'), out IPAddress? other) && other.Equals(address);
        }

        string name = entry.TrimStart('*').TrimStart('.');
        return name.Length > 0
            && (host.Equals(name, StringComparison.OrdinalIgnoreCase) || host.EndsWith($".{name}", StringComparison.OrdinalIgnoreCase));
    }
}
