using System.CommandLine;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using TraversalLearning.Enrolment;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Authority;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Commands;

/// <summary><c>ca serve</c>: signs requests that come over the network with a token, renews certificates, gives out the list of revoked ones.</summary>
internal sealed class CaServeCommand
{
    private readonly Argument<string> _folder = CaCommand.FolderArgument();
    private readonly Flag<NetworkAddress?> _hub = Flag.Parsed<NetworkAddress?>(
        "--hub", "address of the orchestrator, which enrolled nodes are told (required)", null, "HOST:PORT", NetworkAddress.Parse);

    private readonly Flag<string> _host = Flag.Text("--host", "address to listen on", "127.0.0.1", "ADDRESS");
    private readonly Flag<int> _port = Flag.Int("--port", "port to listen on; 0 for any free one", 12347, min: 0, max: 65535);
    private readonly Flag<string?> _tokenFile = Flag.OptionalText("--token_file", "file with the secret of orchestrator and nodes, which enrolled ones are given", without: "`token` in the CA's folder");
    private readonly Flag<bool> _confirm = Flag.Switch("--confirm", "ask on this terminal before each first certificate, with the fingerprint of the key");
    private readonly Flag<string?> _logFile = Flag.OptionalText("--log_file", "log file");

    private CaServeCommand() => _hub.Option.Required = true;

    /// <summary>Creates the command.</summary>
    public static Command Create()
    {
        var own = new CaServeCommand();
        var command = new Command("serve", "Signs over the network: first certificates for tokens, renewals; and gives out the list of revoked ones.")
        {
            own._folder, own._hub.Option, own._host.Option, own._port.Option, own._tokenFile.Option, own._confirm.Option, own._logFile.Option,
        };
        command.SetAction(own.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        Logging.Configure(_logFile.Get(arguments), verbose: false, Console.WriteLine, LogLevel.Information);
        ILogger log = Logging.Logger("ca");
        NetworkAddress hub = _hub.Get(arguments)!;
        using var authority = CertificateAuthority.Open(arguments.GetValue(_folder)!);
        var options = new AuthorityServerOptions(_host.Get(arguments), _port.Get(arguments), hub)
        {
            Token = ReadToken(arguments, authority.Folder),
            Confirm = _confirm.Get(arguments) ? ConfirmAsync : null,
        };
        await using var server = AuthorityServer.Start(authority, options, log);
        log.Listening(server.Endpoint, authority.Certificate.GetCertHashString(HashAlgorithmName.SHA256));
        if (IsHere(hub.Host))
        {
            log.IsOrchestratorsMachine();
        }

        await Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(static _ => { }, TaskScheduler.Default);
        return (int)ExitCode.Success;
    }

    private byte[] ReadToken(ParseResult arguments, string folder)
    {
        string own = Path.Combine(folder, "token");
        return _tokenFile.Get(arguments) is { } file ? Token.ReadSecret(file)
            : File.Exists(own) ? Token.ReadSecret(own)
            : [];
    }

    private static async Task<bool> ConfirmAsync(SigningOrder order, CancellationToken cancellationToken)
    {
        Console.WriteLine($"'{order.Request.Role.Name}' asks for a certificate; fingerprint of its key: {Fingerprint.Of(order.Request.PublicKey)}");
        Console.Write("Has the key's person told you the same fingerprint? [y/N] ");

        // The console's own asynchronous methods block.
        string? answer = await Task.Run(Console.In.ReadLine, cancellationToken).WaitAsync(cancellationToken);
        return answer?.Trim() is "y" or "Y" or "yes";
    }

    private static bool IsHere(string host)
    {
        try
        {
            IPAddress[] own = [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address)];
            return Dns.GetHostAddresses(host).Any(a => IPAddress.IsLoopback(a) || own.Contains(a));
        }
        catch (Exception e) when (e is SocketException or NetworkInformationException)
        {
            // A name that this machine does not know is another machine's.
            return false;
        }
    }
}
