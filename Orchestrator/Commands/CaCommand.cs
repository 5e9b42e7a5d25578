using System.CommandLine;
using System.Security.Cryptography;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Authority;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Commands;

/// <summary><c>ca</c>: a certificate authority in a folder, best on a machine that is not the orchestrator's.</summary>
internal static class CaCommand
{
    /// <summary>Creates the command with its subcommands.</summary>
    public static Command Create() => new("ca", "Makes and signs certificates; each key stays on the machine where it is made (docs/guide/several-machines.md).")
    {
        CreateInit(),
        CaTokenCommand.Create(),
        CaServeCommand.Create(),
        CaRequestCommand.Create(),
        CaSignCommand.Create(),
        CreateList(),
        CreateRevoke(),
        CaTrialCommand.Create(),
    };

    /// <summary>The CA's folder.</summary>
    internal static Argument<string> FolderArgument() => new("DIR") { Description = "folder of the CA, readable by its owner only" };

    /// <summary>How long certificates are valid.</summary>
    internal static Flag<int> DaysFlag() =>
        Flag.Int("--days", "days that certificates are valid; the CA's own for ten times as long", AuthoritySettings.DefaultDays, min: 1, max: 3650);

    private static Command CreateInit()
    {
        Argument<string> folder = FolderArgument();
        Flag<int> days = DaysFlag();
        var command = new Command("init", "Makes a CA, and the token that orchestrator and nodes will share.") { folder, days.Option };
        command.SetAction(arguments =>
        {
            using var authority = CertificateAuthority.Create(arguments.GetValue(folder)!, days.Get(arguments));
            authority.Revoked.ReadList();
            new TrialFolder(authority, static _ => { }).AddToken();
            Console.WriteLine($"{authority.Folder}/ca.pem: SHA-256 {authority.Certificate.GetCertHashString(HashAlgorithmName.SHA256)}");
            Console.WriteLine($"{authority.Folder}/ca.key: whoever has it can make certificates for any node; it stays here, and not on the orchestrator's machine");
        });
        return command;
    }

    private static Command CreateList()
    {
        Argument<string> folder = FolderArgument();
        var command = new Command("list", "Lists certificates and open tokens.") { folder };
        command.SetAction(arguments =>
        {
            using var authority = CertificateAuthority.Open(arguments.GetValue(folder)!);
            DateTimeOffset now = TimeProvider.System.GetUtcNow();
            foreach (IssuedCertificate each in authority.Issued())
            {
                string state = each.IsRevoked ? "revoked" : each.Until <= now ? "ended" : "valid";
                Console.WriteLine($"{each.Name,-16} {each.Serial}  {state,-7}  until {CertificateProblem.Text(each.Until)}");
            }

            foreach (PendingToken each in authority.Tokens.Read().Where(t => t.IsOpen(now)))
            {
                Console.WriteLine($"{each.Name,-16} {$"token {each.Id}",-32}  open     until {CertificateProblem.Text(each.Until)}");
            }
        });
        return command;
    }

    private static Command CreateRevoke()
    {
        Argument<string> folder = FolderArgument();
        var which = new Argument<string>("NAME|SERIAL") { Description = "such as node-3, for all its certificates, or a serial number of 'ca list', for all of that key" };
        var command = new Command("revoke", "Revokes certificates: writes revoked.crl, for --tls_crl of the orchestrator, and for 'ca serve'.") { folder, which };
        command.SetAction(async (arguments, _) =>
        {
            string wanted = arguments.GetValue(which)!;
            using var authority = CertificateAuthority.Open(arguments.GetValue(folder)!);
            using AuthorityLock held = await AuthorityLock.TakeAsync(authority.Folder);
            IReadOnlyList<IssuedCertificate> all = authority.Issued();
            IssuedCertificate? named = all.FirstOrDefault(c => string.Equals(c.Serial, wanted, StringComparison.OrdinalIgnoreCase));
            IssuedCertificate[] revoked = [.. all.Where(c => !c.IsRevoked && (named is null ? c.Name == wanted : c.HasKeyOf(named)))];
            if (revoked.Length == 0)
            {
                throw new UserErrorException(ExitCode.Usage, $"there is no certificate of '{wanted}' to revoke; 'ca list' lists them");
            }

            authority.Revoked.Add(revoked);
            foreach (IssuedCertificate each in revoked)
            {
                Console.WriteLine($"revoked {each.Name} {each.Serial}");
            }

            Console.WriteLine($"{authority.Revoked.FilePath}: give it to the orchestrator as --tls_crl, unless it asks 'ca serve' by --ca_address");
            return (int)ExitCode.Success;
        });
        return command;
    }
}
