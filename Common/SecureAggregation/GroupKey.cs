using System.Security.Cryptography;
using System.Text;

namespace TraversalLearning.SecureAggregation;

/// <summary>
/// The key that all nodes of a run share, and the orchestrator does not have: 32 random bytes. It survives key epochs and processes.
/// What is made with it is made with keys that HKDF-SHA-256 derives from it, each with an info of its own that ends with the run.
/// <code>
/// id        16 bytes, no salt                   "TLW1 group id", run
/// sealing   32 bytes, salt of each sealed text  "TLW1 group seal", run
/// hashes    32 bytes, no salt                   "TLW1 group auth", length of the label (4), label, run
/// masks     by the key epoch                    <see cref="KeyEpoch"/>
/// </code>
/// </summary>
public sealed class GroupKey : IDisposable
{
    internal const int Length = 32;
    private const int SaltLength = 32;
    private const int IdLength = 16;

    private readonly SecretBytes _key = new(Length);

    private GroupKey(string run, ReadOnlySpan<byte> bytes)
    {
        Run = run;
        bytes.CopyTo(_key.Span);
        Span<byte> id = stackalloc byte[IdLength];
        Derive(id, [], "TLW1 group id"u8);
        Id = Convert.ToHexStringLower(id);
    }

    /// <summary>The run.</summary>
    public string Run { get; }

    /// <summary>32 hexadecimal digits that two nodes have in common only if they have the same key of the same run. They reveal nothing of it.</summary>
    public string Id { get; }

    internal ReadOnlySpan<byte> Bytes => _key.Span;

    /// <summary>Makes a fresh key.</summary>
    public static GroupKey Create(string run)
    {
        Span<byte> bytes = stackalloc byte[Length];
        RandomNumberGenerator.Fill(bytes);
        GroupKey key = Load(run, bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return key;
    }

    /// <summary>Copies a key's 32 bytes.</summary>
    /// <exception cref="KeyExchangeException">There are not 32.</exception>
    public static GroupKey Load(string run, ReadOnlySpan<byte> bytes) => bytes.Length == Length
        ? new GroupKey(run, bytes)
        : throw new KeyExchangeException($"the group's key has {bytes.Length} bytes, not {Length}");

    /// <summary>Encrypts and authenticates. As bytes: a random salt (32), then the segments of <see cref="SegmentCipher"/>.</summary>
    /// <param name="plaintext">The content.</param>
    /// <param name="associated">What it belongs to: not contained, but needed to open it.</param>
    public byte[] Seal(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associated)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltLength);
        using SegmentCipher cipher = CipherOf(salt);
        byte[] sealedBytes = new byte[checked(SaltLength + cipher.SealedLength(plaintext.Length))];
        salt.CopyTo(sealedBytes, 0);
        cipher.Seal(plaintext, associated, sealedBytes.AsSpan(SaltLength));
        return sealedBytes;
    }

    /// <summary>Decrypts the bytes of <see cref="Seal"/>.</summary>
    /// <exception cref="KeyExchangeException">They are not authentic: changed, cut off, of another key or for something else.</exception>
    public byte[] Open(ReadOnlySpan<byte> sealedBytes, ReadOnlySpan<byte> associated)
    {
        if (sealedBytes.Length < SaltLength)
        {
            throw new KeyExchangeException("what should be sealed under the group's key is cut off");
        }

        using SegmentCipher cipher = CipherOf(sealedBytes[..SaltLength]);
        try
        {
            return cipher.Open(sealedBytes[SaltLength..], associated);
        }
        catch (CryptographicException e)
        {
            throw new KeyExchangeException("what should be sealed under the group's key was changed, or belongs to another run or place", e);
        }
    }

    /// <summary>HMAC-SHA-256 of <paramref name="data"/>, under a key of its own for each label: 32 bytes.</summary>
    public byte[] Authenticate(string label, ReadOnlySpan<byte> data)
    {
        byte[] name = Encoding.UTF8.GetBytes(label);
        Span<byte> key = stackalloc byte[Length];
        Derive(key, [], [.. "TLW1 group auth"u8, .. LittleEndian.Of(name.Length), .. name]);
        byte[] hash = HMACSHA256.HashData(key, data);
        CryptographicOperations.ZeroMemory(key);
        return hash;
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private SegmentCipher CipherOf(ReadOnlySpan<byte> salt)
    {
        Span<byte> key = stackalloc byte[Length];
        Derive(key, salt, "TLW1 group seal"u8);
        var cipher = new SegmentCipher(key, SegmentCipher.DefaultSegment);
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }

    private void Derive(Span<byte> output, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key.Span, output, salt, [.. purpose, .. Encoding.UTF8.GetBytes(Run)]);
}
