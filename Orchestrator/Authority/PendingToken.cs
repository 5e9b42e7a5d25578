using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Enrolment;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Authority;

/// <summary>What a CA keeps of a token that it gave out: enough to check it, not enough to use it.</summary>
/// <param name="Id">Names the token.</param>
/// <param name="Name">The common name of the certificate that it is for.</param>
/// <param name="Names">The names and addresses of an orchestrator.</param>
/// <param name="Key">SHA-256 of the secret, in hexadecimal.</param>
/// <param name="Until">The end of its validity.</param>
internal sealed record PendingToken(string Id, string Name, string[] Names, string Key, DateTimeOffset Until)
{
    /// <summary>SHA-256 of the public key that it was used for; <see langword="null"/> before. The same key gets the same certificate again, if the answer was lost.</summary>
    public string? UsedFor { get; init; }

    /// <summary>Serial number of the certificate that it was used for.</summary>
    public string? Serial { get; init; }

    public CertificateRole Role => CertificateRole.Find(Name)!;

    /// <summary>What the CA keeps of a new token.</summary>
    public static PendingToken Of(EnrolmentToken token, IReadOnlyList<string> names, DateTimeOffset until) =>
        new(token.Id, token.Role.Name, [.. names], Convert.ToHexStringLower(token.Key), until);

    /// <summary>Whether it is still to be used.</summary>
    public bool IsOpen(DateTimeOffset now) => UsedFor is null && now < Until;

    /// <summary>The token after it was used.</summary>
    public PendingToken After(X509Certificate2 issued) => this with { UsedFor = Fingerprint.Of(issued.PublicKey), Serial = issued.SerialNumber };
}
