using System.Net;
using System.Net.Sockets;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>Parses addresses to listen on.</summary>
internal static class ListenAddress
{
    /// <summary>The address itself, or the first address of a host name.</summary>
    /// <exception cref="UserErrorException">Neither an address nor a name that resolves to one.</exception>
    public static IPAddress Parse(string host)
    {
        if (IPAddress.TryParse(host, out IPAddress? address))
        {
            return address;
        }

        try
        {
            return Dns.GetHostAddresses(host).FirstOrDefault()
                ?? throw new UserErrorException(ExitCode.Network, $"cannot listen on '{host}': the name has no address");
        }
        catch (SocketException e)
        {
            throw new UserErrorException(ExitCode.Network, $"cannot listen on '{host}': {e.Message}; use an address of this machine");
        }
    }
}
