using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using TraversalLearning.Messages;

namespace TraversalLearning.SecureAggregation;

/// <summary>
/// One node's secrets in one key epoch. HKDF-SHA-256 extracts a secret for each pair from their ECDH secret, and one for the group from
/// the group's key, both with the transcript as the salt, and expands each into the keys that are used. Numbers are little-endian:
/// <code>
/// pair's mask   16 bytes  "TLW1 pair mask", lower id (4), higher id (4), epoch (4), batch (4), attempt (4), use (1), bytes of a word (1),
///                         SHA-256 of "TLW1 mask group", degree of the graph (4, 0 for all pairs), ids of all participants (4 each, ascending)
/// group's mask  16 bytes  "TLW1 group mask", epoch (4), batch (4), attempt (4), use (1), bytes of a word (1)
/// point of tag  16 bytes  "TLW1 tag point", epoch (4), batch (4), attempt (4)
/// wrapping      32 bytes  "TLW1 group wrap", sender's id (4), receiver's id (4), from the pair's secret
/// </code>
/// Since participants and degree are part of a pair's mask, somebody who asks for the same step once more with other participants
/// gets other masks, and learns nothing from the difference.
/// </summary>
public sealed class KeyEpoch : IDisposable
{
    private const int SecretLength = 32;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int WrappedLength = NonceLength + GroupKey.Length + TagLength;

    private readonly int _ownId;
    private readonly KeyRoster _roster;
    private readonly MaskGraph _graph;
    private readonly Dictionary<int, SecretBytes> _pairs = [];
    private readonly SecretBytes _group = new(SecretLength);

    /// <summary>Agrees with every other node of a roster, which the caller has verified.</summary>
    /// <param name="ownId">This node.</param>
    /// <param name="own">The key that this node offered. It is not needed afterwards.</param>
    /// <param name="roster">The offers of all nodes.</param>
    /// <exception cref="KeyExchangeException">The roster has another key for this node, or one that is not a key.</exception>
    public KeyEpoch(int ownId, EphemeralKey own, KeyRoster roster)
    {
        if (!roster.OfferOf(ownId).PublicKey.AsSpan().SequenceEqual(own.PublicKey))
        {
            throw new KeyExchangeException($"the key that was handed on for node {ownId}, this node, is not its own");
        }

        _ownId = ownId;
        _roster = roster;
        _graph = new MaskGraph(roster.NodeIds, roster.Transcript);
        foreach (int other in roster.NodeIds.Where(id => id != ownId))
        {
            _pairs.Add(other, Extract(own.AgreeWith(roster.OfferOf(other).PublicKey)));
        }
    }

    /// <summary>The group's key; <see langword="null"/> until <see cref="Use"/>. It belongs to the caller.</summary>
    public GroupKey? Group { get; private set; }

    private SecretBytes GroupSecret => Group is null ? throw new InvalidOperationException("there is no group key yet") : _group;

    /// <summary>From now on the group's masks are those of this key.</summary>
    /// <exception cref="ArgumentException">It is the key of another run.</exception>
    public void Use(GroupKey group)
    {
        RequireRun(group);
        HKDF.Extract(HashAlgorithmName.SHA256, group.Bytes, _roster.Transcript, _group.Span);
        Group = group;
    }

    /// <summary>Encrypts the group's key for another node: a random nonce (12), AES-256-GCM of the key (32), tag (16), with the run (UTF-8) as associated data.</summary>
    public byte[] Wrap(GroupKey group, int forNode)
    {
        RequireRun(group);
        byte[] wrapped = new byte[WrappedLength];
        Span<byte> nonce = wrapped.AsSpan(0, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using AesGcm aes = WrappingCipher(from: _ownId, to: forNode, other: forNode);
        aes.Encrypt(nonce, group.Bytes, wrapped.AsSpan(NonceLength, GroupKey.Length), wrapped.AsSpan(NonceLength + GroupKey.Length), Encoding.UTF8.GetBytes(_roster.Run));
        return wrapped;
    }

    /// <summary>Decrypts the key that another node has wrapped for this one.</summary>
    /// <exception cref="KeyExchangeException">It is not authentic.</exception>
    public GroupKey Unwrap(int fromNode, ReadOnlySpan<byte> wrapped)
    {
        if (wrapped.Length != WrappedLength)
        {
            throw new KeyExchangeException($"the group's key from node {fromNode} has {wrapped.Length} bytes, not {WrappedLength}");
        }

        Span<byte> key = stackalloc byte[GroupKey.Length];
        using AesGcm aes = WrappingCipher(from: fromNode, to: _ownId, other: fromNode);
        try
        {
            aes.Decrypt(
                wrapped[..NonceLength], wrapped.Slice(NonceLength, GroupKey.Length), wrapped[(NonceLength + GroupKey.Length)..], key, Encoding.UTF8.GetBytes(_roster.Run));
            return GroupKey.Load(_roster.Run, key);
        }
        catch (CryptographicException e)
        {
            throw new KeyExchangeException($"the group's key from node {fromNode} was changed on its way, or is of another key epoch", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>
    /// Adds this node's pair masks modulo 2^32. The node with the lower id adds a pair's mask and the other subtracts it: the masks of
    /// all participants add up to zero. The same step and use must never mask two different values.
    /// </summary>
    /// <param name="step">The step and its attempt.</param>
    /// <param name="use">What the values are.</param>
    /// <param name="participants">The nodes whose vectors are added, ascending, this one among them.</param>
    /// <param name="neighbours">With how many others each shares masks, made even upwards; 0 for all.</param>
    /// <param name="values">The vector.</param>
    /// <exception cref="ArgumentException">The participants are not ascending, not of the roster, or without this node.</exception>
    public void AddPairMasks(StepId step, MaskUse use, ReadOnlySpan<int> participants, int neighbours, Span<uint> values) =>
        AddPairMasks<uint>(step, use, participants, neighbours, values);

    /// <summary>Adds this node's pair masks modulo 2^64; otherwise as the other overload.</summary>
    public void AddPairMasks(StepId step, MaskUse use, ReadOnlySpan<int> participants, int neighbours, Span<ulong> values) =>
        AddPairMasks<ulong>(step, use, participants, neighbours, values);

    /// <summary>Adds the group's mask modulo 2^32. One participant does, so that it is once in the sum: an even multiple of it would leave the lowest bit bare.</summary>
    /// <exception cref="InvalidOperationException">There is no group key yet.</exception>
    public void AddGroupMask(StepId step, MaskUse use, Span<uint> values) => ApplyGroupMask(step, use, values, subtract: false);

    /// <summary>Adds the group's mask modulo 2^64; otherwise as the other overload.</summary>
    public void AddGroupMask(StepId step, MaskUse use, Span<ulong> values) => ApplyGroupMask(step, use, values, subtract: false);

    /// <summary>Takes the group's mask off a sum modulo 2^32.</summary>
    /// <exception cref="InvalidOperationException">There is no group key yet.</exception>
    public void SubtractGroupMask(StepId step, MaskUse use, Span<uint> values) => ApplyGroupMask(step, use, values, subtract: true);

    /// <summary>Takes the group's mask off a sum modulo 2^64.</summary>
    /// <exception cref="InvalidOperationException">There is no group key yet.</exception>
    public void SubtractGroupMask(StepId step, MaskUse use, Span<ulong> values) => ApplyGroupMask(step, use, values, subtract: true);

    /// <summary>The secret point of <see cref="SumTag"/> for a step, from 1 to p − 1: the derived number of 128 bits modulo p − 1, plus 1.</summary>
    /// <exception cref="InvalidOperationException">There is no group key yet.</exception>
    public ulong TagPoint(StepId step)
    {
        Span<byte> bytes = stackalloc byte[16];
        Expand(GroupSecret, bytes, [.. "TLW1 tag point"u8, .. StepInfo(step)]);
        ulong point = (ulong)(BinaryPrimitives.ReadUInt128LittleEndian(bytes) % (SumTag.Modulus - 1)) + 1;
        CryptographicOperations.ZeroMemory(bytes);
        return point;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _group.Dispose();
        foreach (SecretBytes pair in _pairs.Values)
        {
            pair.Dispose();
        }
    }

    private static byte[] StepInfo(StepId step) => LittleEndian.Of(step.Epoch, step.Batch, step.Attempt);

    private unsafe void AddPairMasks<T>(StepId step, MaskUse use, ReadOnlySpan<int> participants, int neighbours, Span<T> values)
        where T : unmanaged, IBinaryInteger<T>
    {
        RequireParticipants(participants);
        int degree = MaskGraph.Degree(participants.Length, neighbours);
        byte[] group = SHA256.HashData([.. "TLW1 mask group"u8, .. LittleEndian.Of(degree), .. LittleEndian.Of(participants)]);
        Span<byte> key = stackalloc byte[MaskStream.KeyLength];
        foreach (int other in _graph.NeighboursOf(_ownId, participants, degree))
        {
            byte[] pair = LittleEndian.Of(Math.Min(_ownId, other), Math.Max(_ownId, other));
            Expand(_pairs[other], key, [.. "TLW1 pair mask"u8, .. pair, .. StepInfo(step), (byte)use, (byte)sizeof(T), .. group]);
            MaskStream.Apply(key, values, subtract: _ownId > other);
        }

        CryptographicOperations.ZeroMemory(key);
    }

    private unsafe void ApplyGroupMask<T>(StepId step, MaskUse use, Span<T> values, bool subtract)
        where T : unmanaged, IBinaryInteger<T>
    {
        Span<byte> key = stackalloc byte[MaskStream.KeyLength];
        Expand(GroupSecret, key, [.. "TLW1 group mask"u8, .. StepInfo(step), (byte)use, (byte)sizeof(T)]);
        MaskStream.Apply(key, values, subtract);
        CryptographicOperations.ZeroMemory(key);
    }

    private static void Expand(SecretBytes secret, Span<byte> key, byte[] info) => HKDF.Expand(HashAlgorithmName.SHA256, secret.Span, key, info);

    private SecretBytes Extract(byte[] agreed)
    {
        var secret = new SecretBytes(SecretLength);
        HKDF.Extract(HashAlgorithmName.SHA256, agreed, _roster.Transcript, secret.Span);
        CryptographicOperations.ZeroMemory(agreed);
        return secret;
    }

    private AesGcm WrappingCipher(int from, int to, int other)
    {
        Span<byte> key = stackalloc byte[SecretLength];
        SecretBytes pair = _pairs.GetValueOrDefault(other) ?? throw new KeyExchangeException($"there is no key of another node {other}");
        Expand(pair, key, [.. "TLW1 group wrap"u8, .. LittleEndian.Of(from, to)]);
        var aes = new AesGcm(key, TagLength);
        CryptographicOperations.ZeroMemory(key);
        return aes;
    }

    private void RequireRun(GroupKey group)
    {
        if (group.Run != _roster.Run)
        {
            throw new ArgumentException("the group's key is of another run", nameof(group));
        }
    }

    private void RequireParticipants(ReadOnlySpan<int> participants)
    {
        bool hasOwn = false;
        for (int i = 0; i < participants.Length; i++)
        {
            int id = participants[i];
            hasOwn |= id == _ownId;
            if ((i > 0 && id <= participants[i - 1]) || (id != _ownId && !_pairs.ContainsKey(id)))
            {
                throw new ArgumentException($"node {id} is out of order or has no key", nameof(participants));
            }
        }

        if (!hasOwn)
        {
            throw new ArgumentException($"node {_ownId}, this node, is not among the participants", nameof(participants));
        }
    }
}
