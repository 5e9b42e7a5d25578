using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TraversalLearning.SecureAggregation;

/// <summary>
/// AES-256-GCM over inputs of any length, in segments under one key that encrypts nothing else. The nonce of a segment is its number
/// from 0 (4 bytes, little-endian), seven zeros, and 1 if it is the last, otherwise 0: segments that are missing, added or in
/// another order are not authentic. Each segment is its ciphertext and a tag of 16 bytes; all but the last are full.
/// </summary>
/// <param name="key">32 bytes.</param>
/// <param name="segment">Bytes of plaintext in a full segment.</param>
internal sealed class SegmentCipher(ReadOnlySpan<byte> key, int segment) : IDisposable
{
    /// <summary>Bytes of plaintext in a full segment, except in tests.</summary>
    public const int DefaultSegment = 64 * 1024 * 1024;

    private const int TagLength = 16;
    private const int NonceLength = 12;

    private readonly AesGcm _aes = new(key, TagLength);

    public void Dispose() => _aes.Dispose();

    /// <summary>Bytes of the ciphertext of so many.</summary>
    /// <exception cref="OverflowException">More than an array holds.</exception>
    public int SealedLength(int length) => checked((int)(length + (Count(length, segment) * TagLength)));

    /// <summary>Encrypts into <see cref="SealedLength"/> bytes.</summary>
    public void Seal(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associated, Span<byte> destination)
    {
        Span<byte> nonce = stackalloc byte[NonceLength];
        long count = Count(plaintext.Length, segment);
        for (int i = 0; i < count; i++)
        {
            int length = Math.Min(segment, plaintext.Length);
            SetNonce(nonce, i, isLast: i == count - 1);
            _aes.Encrypt(nonce, plaintext[..length], destination[..length], destination.Slice(length, TagLength), associated);
            plaintext = plaintext[length..];
            destination = destination[(length + TagLength)..];
        }
    }

    /// <summary>Decrypts.</summary>
    /// <exception cref="CryptographicException">The ciphertext is not authentic; nothing of it is returned.</exception>
    public byte[] Open(ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> associated)
    {
        long count = Count(ciphertext.Length, segment + TagLength);
        if (ciphertext.Length < count * TagLength)
        {
            throw new AuthenticationTagMismatchException();
        }

        byte[] plaintext = new byte[ciphertext.Length - (count * TagLength)];
        try
        {
            Decrypt(ciphertext, associated, plaintext, count);
            return plaintext;
        }
        catch
        {
            CryptographicOperations.ZeroMemory(plaintext);
            throw;
        }
    }

    private static long Count(int length, int each) => Math.Max(1, ((long)length + each - 1) / each);

    private static void SetNonce(Span<byte> nonce, int number, bool isLast)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(nonce, number);
        nonce[^1] = isLast ? (byte)1 : (byte)0;
    }

    private void Decrypt(ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> associated, Span<byte> plaintext, long count)
    {
        Span<byte> nonce = stackalloc byte[NonceLength];
        for (int i = 0; i < count; i++)
        {
            int length = Math.Min(segment, plaintext.Length);
            SetNonce(nonce, i, isLast: i == count - 1);
            _aes.Decrypt(nonce, ciphertext[..length], ciphertext.Slice(length, TagLength), plaintext[..length], associated);
            plaintext = plaintext[length..];
            ciphertext = ciphertext[(length + TagLength)..];
        }
    }
}
