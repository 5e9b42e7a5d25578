using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TraversalLearning.Enrolment;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Authority;

namespace TraversalLearning.Orchestration.Commands;

/// <summary><c>ca sign</c>: signs a request that was carried to the CA.</summary>
internal sealed class CaSignCommand
{
    private readonly Argument<string> _folder = CaCommand.FolderArgument();
    private readonly Argument<string> _request = new("REQUEST") { Description = "the signing request" };
    private readonly Flag<string?> _fingerprint = Flag.OptionalText("--fingerprint", "sign only if the key has this fingerprint, which its person has told you", "HEX");
    private readonly Flag<bool> _yes = Flag.Switch("--yes", "sign without a question");
    private readonly Flag<string?> _output = Flag.OptionalText("--output", "file for the certificate", without: "the request's name, ending in `.pem`");

    /// <summary>Creates the command.</summary>
    public static Command Create()
    {
        var own = new CaSignCommand();
        var command = new Command("sign", "Signs a request that 'Node enroll' or 'ca request' wrote; the file goes back to where the key is.")
        {
            own._folder, own._request, own._fingerprint.Option, own._yes.Option, own._output.Option,
        };
        command.SetAction(own.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        using var authority = CertificateAuthority.Open(arguments.GetValue(_folder)!);
        string path = arguments.GetValue(_request)!;
        var request = SigningRequest.Load(path);
        string output = _output.Get(arguments) ?? Path.ChangeExtension(path, ".pem");
        Console.WriteLine($"request for '{request.Role.Name}'{(request.Names.Count > 0 ? $" ({string.Join(", ", request.Names)})" : string.Empty)}");
        Console.WriteLine($"fingerprint of the key: {Fingerprint.Of(request.PublicKey)}");
        Agree(arguments, request);
        using (await AuthorityLock.TakeAsync(authority.Folder))
        {
            X509Certificate2 issued = authority.Issue(request.Role, request.Names, request.PublicKey);
            Write(output, new IssuedFiles(issued, authority.Certificate, authority.Revoked.ReadList()));
        }

        Console.WriteLine($"{output}: take it back to where the key is");
        return (int)ExitCode.Success;
    }

    private void Agree(ParseResult arguments, SigningRequest request)
    {
        if (_fingerprint.Get(arguments) is { } given)
        {
            if (!Fingerprint.IsOf(given, request.PublicKey))
            {
                throw new UserErrorException(ExitCode.Rejected, "not signed: --fingerprint is another one than that of the request; somebody may have replaced it");
            }
        }
        else if (!_yes.Get(arguments))
        {
            if (Console.IsInputRedirected)
            {
                throw new UserErrorException(ExitCode.Usage, "not signed: give --fingerprint, as the key's person has told it to you, or --yes");
            }

            Console.Write("Has the key's person told you the same fingerprint? [y/N] ");
            if (Console.ReadLine()?.Trim() is not ("y" or "Y" or "yes"))
            {
                throw new UserErrorException(ExitCode.Rejected, "not signed");
            }
        }
    }

    private static void Write(string path, IssuedFiles issued)
    {
        try
        {
            ReplacedFile.Write(path, Encoding.ASCII.GetBytes(issued.ToPem()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Usage, $"cannot write '{path}': {FileError.ReasonOf(path, e)}", e);
        }
    }
}
