using System.Net;

namespace TraversalLearning.Security;

/// <summary>Whether an address can be reached from other machines.</summary>
public static class Exposure
{
    /// <summary>Whether <paramref name="host"/> is this machine alone: a loopback address, or <c>localhost</c>.</summary>
    public static bool IsLoopback(string host) =>
        // No other name is looked up: what it means now need not be what it means when it is bound or connected to.
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));
}
