using TraversalLearning.Benchmarks.Micro;
using TraversalLearning.Benchmarks.Runs;

namespace TraversalLearning.Tests.Unit.Bench;

/// <summary>That the measurements move what they say; how fast is nobody's promise.</summary>
public sealed class MicroTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(2);

    [Test]
    public void A_compressed_tensor_pays_below_the_speed_at_which_it_gains_nothing()
    {
        var lz4 = new Lz4Figures(Ratio: 0.5, Encode: 1, Decode: 4);
        Assert.That(lz4.PaysBelow, Is.EqualTo(0.4).Within(1e-12));
        Assert.That(lz4.GainAt(lz4.PaysBelow), Is.EqualTo(1).Within(1e-12));
        Assert.That(lz4.GainAt(0.1), Is.GreaterThan(1));
        Assert.That(lz4.GainAt(1), Is.LessThan(1));
        Assert.That(new Lz4Figures(Ratio: 1.004, Encode: 20, Decode: 40).PaysBelow, Is.Zero);
    }

    [Test]
    public void Zeros_shrink_and_noise_does_not()
    {
        byte[] noise = new byte[100_000];
        new Random(1).NextBytes(noise);
        Assert.That(Lz4Bench.Measure(new byte[100_000], Moment, CancellationToken.None).Ratio, Is.LessThan(0.01));
        Assert.That(Lz4Bench.Measure(noise, Moment, CancellationToken.None).Ratio, Is.GreaterThan(1));
    }

    [Test]
    public void Processor_time_is_that_of_all_threads()
    {
        using var spinning = new CancellationTokenSource();
        var other = new Thread(() =>
        {
            while (!spinning.IsCancellationRequested)
            {
                Thread.SpinWait(100);
            }
        });
        other.Start();
        (double seconds, double processorSeconds) = Throughput.CostEach(TimeSpan.FromMilliseconds(400), () => Thread.Sleep(20), CancellationToken.None);
        spinning.Cancel();
        other.Join();
        Assert.That(seconds, Is.GreaterThanOrEqualTo(0.019), "asleep counts as well");
        Assert.That(processorSeconds, Is.GreaterThan(0), "this thread slept, the other did not");
    }

    [Test]
    public void The_bytes_of_a_step_go_there_and_back() => Assert.That(
        LoopbackFloor.MillisecondsPerStep(3, [new Phase(300_000, 20_000), new Phase(20_000, 250_000)], Moment, CancellationToken.None), Is.GreaterThan(0));

    [Test]
    public void Frames_go_through_memory_and_loopback()
    {
        IReadOnlyList<(string What, double GigabytesPerSecond)> rates = new CodecBench(Moment).Measure(64 * 1024, CancellationToken.None);
        Assert.That(rates.Select(r => r.What), Does.Contain("memcpy").And.Contain("loopback, frames"));
        Assert.That(rates.Select(r => r.GigabytesPerSecond), Has.All.GreaterThan(0).And.All.LessThan(double.PositiveInfinity));
    }

    [Test]
    public void Who_cancels_does_not_wait_for_sockets()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.That(
            () => LoopbackFloor.MillisecondsPerStep(2, [new Phase(100, 100)], TimeSpan.FromHours(1), cancelled.Token), Throws.InstanceOf<OperationCanceledException>());
    }
}
