using System.CommandLine;
using TraversalLearning.Enrolment;
using TraversalLearning.Hosting;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Commands;

/// <summary><c>ca request</c>: makes the orchestrator's key on its own machine and gets a certificate for it.</summary>
internal sealed class CaRequestCommand
{
    private readonly Argument<string> _folder = new("DIR") { Description = "folder for the key and the certificate; it must not exist yet" };
    private readonly Argument<string[]> _names = new("NAME") { Description = "names and addresses under which nodes will reach the orchestrator", Arity = ArgumentArity.ZeroOrMore };
    private readonly EnrolmentFlags _ways = new("--ca");
    private readonly Flag<bool> _worker = Flag.Switch("--worker", "by hand: for the workers of a study, instead of the orchestrator");

    /// <summary>Creates the command.</summary>
    public static Command Create()
    {
        var own = new CaRequestCommand();
        var command = new Command("request", "Makes the key of this machine's orchestrator and gets a certificate for it; the key stays here.") { own._folder, own._names };
        foreach (Option option in (Option[])[.. own._ways.Options, own._worker.Option])
        {
            command.Options.Add(option);
        }

        command.SetAction(own.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        (NetworkAddress Authority, EnrolmentToken Token)? wire = _ways.Wire(arguments);
        CertificateRole role = wire?.Token.Role ?? (_worker.Get(arguments) ? CertificateRole.Worker : CertificateRole.Orchestrator);
        IReadOnlyList<string> names = role.IsServer ? ServerNames.Require(arguments.GetValue(_names) ?? []) : [];
        var enroller = new Enroller(KeyFolder.At(arguments.GetValue(_folder)!, role.Name), Console.WriteLine);
        if (role.First > 0)
        {
            throw new UserErrorException(ExitCode.Usage, $"--token: that token is for '{role.Name}'; a node enrolls with: Node enroll");
        }

        if (wire is var (authority, token))
        {
            await enroller.EnrollAsync(authority, token, names, finish: null, cancellationToken);
        }
        else if (_ways.Request(arguments) is { } request)
        {
            enroller.WriteRequest(role, names, request);
        }
        else
        {
            enroller.TakeIn(_ways.Certificate(arguments)!, []);
        }

        return (int)ExitCode.Success;
    }
}
