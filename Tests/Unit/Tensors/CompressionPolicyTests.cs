using TraversalLearning.Tensors;

namespace TraversalLearning.Tests.Unit.Tensors;

/// <summary>When a tensor is compressed. Links are so slow or so fast here that no machine's LZ4 comes between.</summary>
public sealed class CompressionPolicyTests
{
    private const int Length = 256 * 1024;
    private static readonly TimeSpan Slow = TimeSpan.FromHours(1);
    private static readonly TimeSpan Fast = TimeSpan.FromTicks(1);

    [Test]
    public void None_is_none()
    {
        var policy = new CompressionPolicy(CompressionMode.None);
        policy.RecordSend(Length, Slow);
        Assert.That(policy.ShouldCompress("a", new byte[Length]), Is.False);
        Assert.That(policy.Decisions, Is.Empty);
    }

    [Test]
    public void Lz4_tries_whatever_is_worth_a_try()
    {
        var policy = new CompressionPolicy(CompressionMode.Lz4);
        Assert.That(policy.ShouldCompress("a", new byte[4096]), Is.True);
        Assert.That(policy.ShouldCompress("a", new byte[4095]), Is.False, "too small to matter");
        Encode(policy, "zeros", new byte[Length]);
        Encode(policy, "noise", Noise());
        Assert.That(Decision(policy, "zeros").Compressed, Is.True);
        Assert.That(Decision(policy, "noise").Compressed, Is.False);
        Assert.That(Decision(policy, "zeros").Ratio, Is.LessThan(0.01));
    }

    [Test]
    public void Auto_compresses_nothing_before_it_knows_the_link() =>
        Assert.That(new CompressionPolicy(CompressionMode.Auto).ShouldCompress("a", new byte[Length]), Is.False);

    [Test]
    public void Auto_compresses_on_a_slow_link_what_shrinks()
    {
        var policy = new CompressionPolicy(CompressionMode.Auto);
        policy.RecordSend(Length, Slow);
        Assert.That(policy.ShouldCompress("zeros", new byte[Length]), Is.True);
        Assert.That(policy.ShouldCompress("noise", Noise()), Is.False);
        Assert.That(policy.ShouldCompress("zeros", new byte[100]), Is.False);
    }

    [Test]
    public void Auto_compresses_nothing_on_a_fast_link()
    {
        var policy = new CompressionPolicy(CompressionMode.Auto);
        policy.RecordSend(long.MaxValue / 2, Fast);
        Assert.That(policy.ShouldCompress("zeros", new byte[Length]), Is.False);
    }

    [Test]
    public void Auto_acts_on_the_links_speed_as_soon_as_it_knows_it()
    {
        var policy = new CompressionPolicy(CompressionMode.Auto);
        Assert.That(policy.ShouldCompress("zeros", new byte[Length]), Is.False);
        policy.RecordSend(Length, Slow);
        Assert.That(policy.ShouldCompress("zeros", new byte[Length]), Is.True);
    }

    [Test]
    public void Auto_does_not_judge_the_link_by_small_frames()
    {
        var policy = new CompressionPolicy(CompressionMode.Auto);
        policy.RecordSend(1000, Slow);
        Assert.That(policy.ShouldCompress("zeros", new byte[Length]), Is.False);
    }

    [Test]
    public void Auto_looks_again_since_tensors_change_in_training()
    {
        var policy = new CompressionPolicy(CompressionMode.Auto);
        policy.RecordSend(Length, Slow);
        byte[] noise = Noise();
        Assert.That(policy.ShouldCompress("a", noise), Is.False);
        int asked = 1;
        while (!policy.ShouldCompress("a", new byte[Length]))
        {
            Assert.That(++asked, Is.LessThanOrEqualTo(256), "never looked again");
        }
    }

    [Test]
    public void Auto_gives_up_at_once_on_a_kind_that_has_stopped_shrinking()
    {
        var policy = new CompressionPolicy(CompressionMode.Auto);
        policy.RecordSend(Length, Slow);
        Assert.That(policy.ShouldCompress("a", new byte[Length]), Is.True);
        Encode(policy, "a", Noise());
        Assert.That(policy.ShouldCompress("a", new byte[Length]), Is.False);
        Assert.That(Decision(policy, "a"), Is.EqualTo(("a", 1.0, false)));
    }

    private static void Encode(CompressionPolicy policy, string name, byte[] raw) =>
        EncodedTensor.Encode(name, ElementType.Int32, [raw.Length / 4], raw, new TensorEncodingOptions(policy)).Dispose();

    private static (string Name, double Ratio, bool Compressed) Decision(CompressionPolicy policy, string name) =>
        policy.Decisions.Single(d => string.Equals(d.Name, name, StringComparison.Ordinal));

    private static byte[] Noise()
    {
        byte[] noise = new byte[Length];
        new Random(1).NextBytes(noise);
        return noise;
    }
}
