using System.Net;

namespace TraversalLearning.Security;

/// <summary>Tells whether an address can be reached from other machines.</summary>
public static class Exposure
{
    /// <summary>Whether <paramref name="host"/> is a loopback address or <c>localhost</c>.</summary>
    public static bool IsLoopback(string host) =>
        // Other names are not resolved: the result may differ by the time the address is bound or connected to.
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));
}
