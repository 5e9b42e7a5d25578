using TraversalLearning.SecureAggregation;

namespace TraversalLearning.Tests.Unit.SecureAggregation;

/// <summary>What the group's key seals, and how it reaches every node.</summary>
public sealed class GroupKeyTests
{
    private static readonly byte[] Plaintext = [.. Enumerable.Range(0, 23).Select(i => (byte)i)];

    [Test]
    public void What_is_sealed_opens([Values(0, 1, 15, 16, 17, 100_000)] int length)
    {
        using GroupKey key = GroupKey.Create(Crew.Run), again = GroupKey.Load(Crew.Run, key.Bytes);
        byte[] plaintext = [.. Enumerable.Range(0, length).Select(i => (byte)i)];
        byte[] one = key.Seal(plaintext, "of step 3"u8), two = key.Seal(plaintext, "of step 3"u8);
        Assert.That(again.Open(one, "of step 3"u8), Is.EqualTo(plaintext));
        Assert.That(one, Is.Not.EqualTo(two), "a salt is never used twice");
    }

    [Test]
    public void A_changed_byte_anywhere_is_refused()
    {
        using GroupKey key = GroupKey.Create(Crew.Run);
        byte[] sealedBytes = key.Seal(Plaintext, "a"u8);
        for (int i = 0; i < sealedBytes.Length; i++)
        {
            byte[] changed = [.. sealedBytes];
            changed[i] ^= 1;
            AssertRefused(key, changed, "a"u8);
        }

        AssertRefused(key, [.. sealedBytes, 0], "a"u8);
        for (int length = 0; length < sealedBytes.Length; length++)
        {
            AssertRefused(key, sealedBytes[..length], "a"u8);
        }
    }

    [Test]
    public void It_opens_with_its_own_key_run_and_associated_data_only()
    {
        using GroupKey key = GroupKey.Create(Crew.Run), other = GroupKey.Create(Crew.Run), otherRun = GroupKey.Load("run 2", key.Bytes);
        byte[] sealedBytes = key.Seal(Plaintext, "a"u8);
        AssertRefused(key, sealedBytes, "b"u8);
        AssertRefused(other, sealedBytes, "a"u8);
        AssertRefused(otherRun, sealedBytes, "a"u8);
    }

    [Test]
    public void Segments_cannot_be_left_out_added_or_exchanged([Values(1, 9, 10, 11, 20, 23)] int length)
    {
        const int Segment = 10, Full = Segment + 16;
        using var cipher = new SegmentCipher(new byte[32], Segment);
        byte[] sealedBytes = new byte[cipher.SealedLength(length)];
        cipher.Seal(Plaintext.AsSpan(0, length), [], sealedBytes);
        Assert.That(cipher.Open(sealedBytes, []), Is.EqualTo(Plaintext[..length]));

        byte[] first = sealedBytes[..Math.Min(Full, sealedBytes.Length)];
        var changed = new List<byte[]> { (byte[])[.. first, .. sealedBytes], sealedBytes[..^1] };
        if (sealedBytes.Length > Full)
        {
            changed.AddRange([sealedBytes[Full..], first]);
        }

        if (sealedBytes.Length > 2 * Full)
        {
            changed.AddRange([sealedBytes[..(2 * Full)], [.. sealedBytes[Full..(2 * Full)], .. first, .. sealedBytes[(2 * Full)..]]]);
        }

        foreach (byte[] bytes in changed)
        {
            Assert.That(() => cipher.Open(bytes, []), Throws.InstanceOf<System.Security.Cryptography.CryptographicException>());
        }
    }

    [Test]
    public void Ids_and_hashes_tell_keys_runs_and_labels_apart()
    {
        using GroupKey key = GroupKey.Create(Crew.Run), same = GroupKey.Load(Crew.Run, key.Bytes), other = GroupKey.Create(Crew.Run), otherRun = GroupKey.Load("run 2", key.Bytes);
        Assert.That(key.Id, Does.Match("^[0-9a-f]{32}$").And.EqualTo(same.Id));
        Assert.That((string[])[key.Id, other.Id, otherRun.Id], Is.Unique);
        Assert.That(key.Authenticate("a", "b"u8), Has.Length.EqualTo(32).And.EqualTo(same.Authenticate("a", "b"u8)));
        byte[][] hashes =
        [
            key.Authenticate("a", "b"u8), key.Authenticate("b", "b"u8), key.Authenticate("a", "c"u8), key.Authenticate("ab", ""u8),
            other.Authenticate("a", "b"u8), otherRun.Authenticate("a", "b"u8),
        ];
        Assert.That(hashes.Select(Convert.ToHexString), Is.Unique);
    }

    [TestCase(31)]
    [TestCase(33)]
    public void A_key_has_32_bytes(int length) =>
        Assert.That(() => GroupKey.Load(Crew.Run, new byte[length]), Throws.TypeOf<KeyExchangeException>().With.Message.EqualTo($"the group's key has {length} bytes, not 32"));

    [Test]
    public void A_wrapped_key_is_for_one_node_from_one_node_in_one_key_epoch()
    {
        using Crew crew = new(1, 2, 3), later = new(1, 2, 3);
        using GroupKey key = GroupKey.Create(Crew.Run);
        byte[] wrapped = crew.Nodes[0].Wrap(key, forNode: 2);
        using GroupKey unwrapped = crew.Nodes[1].Unwrap(1, wrapped);
        Assert.That(unwrapped.Id, Is.EqualTo(key.Id));
        AssertNotUnwrapped(crew.Nodes[2], 1, wrapped);
        AssertNotUnwrapped(crew.Nodes[1], 3, wrapped);
        AssertNotUnwrapped(crew.Nodes[0], 2, wrapped);
        AssertNotUnwrapped(later.Nodes[1], 1, wrapped);
        AssertNotUnwrapped(crew.Nodes[1], 1, wrapped[..^1]);
        AssertNotUnwrapped(crew.Nodes[1], 1, [.. wrapped, 0]);
        for (int i = 0; i < wrapped.Length; i++)
        {
            byte[] changed = [.. wrapped];
            changed[i] ^= 0x80;
            AssertNotUnwrapped(crew.Nodes[1], 1, changed);
        }
    }

    [Test]
    public void A_key_is_not_wrapped_for_a_stranger_or_another_run()
    {
        using Crew crew = new(1, 2);
        using GroupKey other = GroupKey.Create("run 2");
        Assert.Throws<KeyExchangeException>((Action)(() => crew.Nodes[0].Wrap(crew.Group, forNode: 3)));
        Assert.Throws<KeyExchangeException>((Action)(() => crew.Nodes[0].Wrap(crew.Group, forNode: 1)));
        Assert.Throws<ArgumentException>((Action)(() => crew.Nodes[0].Wrap(other, forNode: 2)));
    }

    private static void AssertNotUnwrapped(KeyEpoch node, int from, byte[] wrapped) =>
        Assert.That(() => node.Unwrap(from, wrapped), Throws.TypeOf<KeyExchangeException>().With.Message.Contains($"from node {from}"));

    private static void AssertRefused(GroupKey key, byte[] sealedBytes, ReadOnlySpan<byte> associated)
    {
        byte[] data = associated.ToArray();
        Assert.That(() => key.Open(sealedBytes, data), Throws.TypeOf<KeyExchangeException>().With.Message.StartsWith("what should be sealed under the group's key"));
    }
}
