using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TraversalLearning.Enrolment;

/// <summary>SHA-256 of a public key, as two people read it to each other: 16 groups of 4 hexadecimal digits.</summary>
public static class Fingerprint
{
    private const int Group = 4;

    /// <summary>The fingerprint of a key (its SubjectPublicKeyInfo).</summary>
    public static string Of(PublicKey key) => string.Join(' ', HashOf(key).Chunk(Group).Select(c => new string(c)));

    /// <summary>Whether a person gave this fingerprint; spaces, colons and capitals do not matter.</summary>
    public static bool IsOf(string given, PublicKey key) =>
        string.Equals(string.Concat(given.Where(char.IsAsciiHexDigit)), HashOf(key), StringComparison.OrdinalIgnoreCase)
        && given.All(c => char.IsAsciiHexDigit(c) || c is ' ' or ':');

    internal static string HashOf(PublicKey key) => Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
}
