using System.Security.Cryptography;
using System.Text;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;

namespace TraversalLearning.Security;

/// <summary>
/// The secret shared by an orchestrator and its nodes. It is never sent: each side proves that it knows it with an
/// HMAC-SHA-256 over data unique to this handshake (<see cref="TokenTranscript"/>).
/// </summary>
public sealed class Token
{
    /// <summary>Minimum length of the secret in bytes.</summary>
    public const int MinLength = 16;

    private readonly byte[] _key;

    /// <summary>Copies the secret.</summary>
    /// <exception cref="ArgumentException">The secret is shorter than <see cref="MinLength"/>.</exception>
    public Token(ReadOnlySpan<byte> secret)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(secret.Length, MinLength, nameof(secret));
        _key = secret.ToArray();
    }

    /// <summary>Loads <c>--token_file</c>: the file's bytes without one trailing newline.</summary>
    /// <exception cref="UserErrorException">The file cannot be read, others can read it, or it is too short.</exception>
    public static Token Load(string path) => new(ReadSecret(path));

    /// <summary>Reads the secret of <c>--token_file</c> itself, for programs that send it.</summary>
    /// <exception cref="UserErrorException">As for <see cref="Load"/>.</exception>
    public static byte[] ReadSecret(string path)
    {
        const string Flag = "--token_file";
        ReadOnlySpan<byte> secret = SecretFile.Read(path, Flag);
        secret = secret is [.. var line, (byte)'\n'] ? line : secret;
        secret = secret is [.. var windowsLine, (byte)'\r'] ? windowsLine : secret;
        return secret.Length >= MinLength
            ? secret.ToArray()
            : throw new UserErrorException(
                ExitCode.Usage, $"{Flag}: '{path}' holds {secret.Length} bytes; {MinLength} at least are needed, as 'Orchestrator ca trial' makes them");
    }

    /// <summary>A fresh random nonce: 64 lower-case hexadecimal digits.</summary>
    public static string NewNonce() => RandomNumberGenerator.GetHexString(Challenge.NonceLength, lowercase: true);

    /// <summary>The proof of <paramref name="prover"/>: 64 lower-case hexadecimal digits.</summary>
    public string Prove(Party prover, TokenTranscript transcript) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(_key, transcript.ToBytes(prover)));

    /// <summary>Whether a proof of <paramref name="prover"/> is valid. Constant time.</summary>
    public bool Verify(Party prover, TokenTranscript transcript, string proof) => CryptographicOperations.FixedTimeEquals(
        Encoding.UTF8.GetBytes(Prove(prover, transcript)), Encoding.UTF8.GetBytes(proof));

    /// <summary>Derives a value that replaces the secret where it must not be visible: 64 lower-case hexadecimal digits, different for each purpose.</summary>
    public string Derive(string purpose) => Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"derive: {purpose}")));

    /// <summary>Whether a text is the secret. Constant time.</summary>
    public bool Is(string text) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(text)), SHA256.HashData(_key));

    /// <summary>Whether two texts are equal. Constant time.</summary>
    public static bool AreEqual(string given, string right) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(right));
}
