using System.Net;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Hosting;

namespace TraversalLearning.Enrolment;

/// <summary>The names and addresses of an orchestrator's certificate, which nodes give as <c>--host</c>.</summary>
public static class ServerNames
{
    /// <summary>The name in the certificate of a CA's own server. Nobody else gets it: else an orchestrator could pose as the CA.</summary>
    public const string Authority = "traversal-learning-ca";

    private const string AlternativeNames = "2.5.29.17";

    /// <summary>Every orchestrator is reached under these on its own machine.</summary>
    public static IReadOnlyList<string> Local { get; } = ["localhost", "127.0.0.1"];

    /// <summary>Whether a text is a host name or an address that a certificate may have.</summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= 253
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or ':' or '-')
        && (!name.Contains(':', StringComparison.Ordinal) || IPAddress.TryParse(name, out _))
        && !string.Equals(name, Authority, StringComparison.OrdinalIgnoreCase);

    /// <summary>The names, before those of every orchestrator: records show the first.</summary>
    /// <exception cref="UserErrorException">One of them is no name.</exception>
    public static IReadOnlyList<string> Require(IEnumerable<string> names)
    {
        string[] given = [.. names];
        return given.FirstOrDefault(n => !IsValid(n)) is { } wrong
            ? throw new UserErrorException(ExitCode.Usage, $"'{wrong}' is no host name and no address")
            : [.. given.Concat(Local).Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>The names and addresses of a certificate.</summary>
    public static IReadOnlyList<string> Of(X509Certificate2 certificate) => Of(certificate.Extensions);

    internal static IReadOnlyList<string> Of(IEnumerable<X509Extension> extensions)
    {
        if (extensions.FirstOrDefault(e => e.Oid?.Value == AlternativeNames) is not { } found)
        {
            return [];
        }

        var names = new X509SubjectAlternativeNameExtension(found.RawData);
        return [.. names.EnumerateDnsNames(), .. names.EnumerateIPAddresses().Select(a => a.ToString())];
    }

    /// <summary>The extension of a certificate with these names and addresses.</summary>
    public static X509Extension ToExtension(IEnumerable<string> names)
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                builder.AddIpAddress(address);
            }
            else
            {
                builder.AddDnsName(name);
            }
        }

        return builder.Build();
    }
}
