using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Security;

namespace TraversalLearning.Enrolment;

/// <summary>The flags by which a machine gets a certificate: over the network, or with files that people carry.</summary>
public sealed class EnrolmentFlags
{
    private readonly Flag<NetworkAddress?> _authority;
    private readonly Flag<string?> _token = Flag.OptionalText("--token", "one-time token of the CA; `-` reads it from standard input", "TOKEN");
    private readonly Flag<string?> _request = Flag.OptionalText("--request", "by hand: make the key and write the signing request to this file");
    private readonly Flag<string?> _certificate = Flag.OptionalText("--certificate", "by hand: take in the file that `Orchestrator ca sign` wrote");
    private readonly string _name;

    /// <summary>The flags.</summary>
    /// <param name="name">The flag that names the CA's server.</param>
    public EnrolmentFlags(string name)
    {
        _name = name;
        _authority = Flag.Parsed<NetworkAddress?>(name, "address of `Orchestrator ca serve`", null, "HOST:PORT", NetworkAddress.Parse);
    }

    /// <summary>The options to add to a command.</summary>
    public IReadOnlyList<Option> Options => [_authority.Option, _token.Option, _request.Option, _certificate.Option];

    /// <summary>The file for the signing request; <see langword="null"/> if none is to be written.</summary>
    public string? Request(ParseResult result) => _request.Get(result);

    /// <summary>The file to take in; <see langword="null"/> if there is none.</summary>
    public string? Certificate(ParseResult result) => _certificate.Get(result);

    /// <summary>The CA's server and the token; <see langword="null"/> if files are carried.</summary>
    /// <exception cref="UserErrorException">The flags do not fit together, or the token is none.</exception>
    public (NetworkAddress Authority, EnrolmentToken Token)? Wire(ParseResult result)
    {
        (NetworkAddress? authority, string? text) = (_authority.Get(result), _token.Get(result));
        int ways = (authority is null && text is null ? 0 : 1) + (Request(result) is null ? 0 : 1) + (Certificate(result) is null ? 0 : 1);
        if (ways != 1 || authority is null != text is null)
        {
            throw new UserErrorException(ExitCode.Usage, $"give {_name} and --token to enroll over the network, or --request, and later --certificate, to carry files");
        }

        if (authority is null)
        {
            return null;
        }

        text = text == "-" ? Console.In.ReadLine() ?? string.Empty : text!;
        return EnrolmentToken.Find(text) is { } token
            ? (authority, token)
            : throw new UserErrorException(ExitCode.Usage, "--token: that is no token of a CA; copy it whole, it begins with tl1_");
    }
}
