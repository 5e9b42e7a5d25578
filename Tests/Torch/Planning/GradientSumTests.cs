using System.Runtime.InteropServices;
using TraversalLearning.Data;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Planning;

/// <summary>The sum of the nodes' gradients, taken while they arrive.</summary>
public sealed class GradientSumTests
{
    private const int Visits = 40;

    private static readonly RunContext Context = new ClusterOptions().NewContext();

    [Test]
    public void In_whatever_order_they_arrive_the_bytes_are_those_of_the_plans_order([Range(1, 20)] int seed)
    {
        using var buffers = new BatchBuffers(Context.Setup, batchSize: 8);
        using Tensor total = zeros([Context.Setup.FirstParameterCount]);
        float[][] gradients = Gradients(seed);
        int[] order = [.. Enumerable.Range(0, Visits)];
        SeededRandom.ForStream((ulong)seed, stream: 5).Shuffle<int>(order);

        using var sum = new GradientSum(buffers, total.alias(), Visits);
        int added = 0;
        foreach (int visit in order)
        {
            gradients[visit].CopyTo(MemoryMarshal.Cast<byte, float>(sum.BufferOf(visit).Memory.Span));
            added += sum.Complete(visit);
        }

        Assert.That(added, Is.EqualTo(Visits));
        Assert.That(total.data<float>().ToArray(), Is.EqualTo(InOrder(gradients)));
    }

    [Test]
    public void Many_threads_at_once_give_the_same_bytes([Range(1, 5)] int seed)
    {
        using var buffers = new BatchBuffers(Context.Setup, batchSize: 8);
        using Tensor total = zeros([Context.Setup.FirstParameterCount]);
        float[][] gradients = Gradients(seed);

        using var sum = new GradientSum(buffers, total.alias(), Visits);
        int added = 0;
        Parallel.For(0, Visits, visit =>
        {
            gradients[visit].CopyTo(MemoryMarshal.Cast<byte, float>(sum.BufferOf(visit).Memory.Span));
            Interlocked.Add(ref added, sum.Complete(visit));
        });

        Assert.That(added, Is.EqualTo(Visits));
        Assert.That(total.data<float>().ToArray(), Is.EqualTo(InOrder(gradients)));
    }

    [Test]
    public void Memory_is_that_of_the_visits_under_way()
    {
        using var buffers = new BatchBuffers(Context.Setup, batchSize: 8);
        using var sum = new GradientSum(buffers, zeros([Context.Setup.FirstParameterCount]), 1000);
        for (int visit = 0; visit < 1000; visit += 2)
        {
            // Always two, and the later one comes first.
            Assert.That(sum.BufferOf(visit), Is.Not.SameAs(sum.BufferOf(visit + 1)));
            Assert.That((sum.Complete(visit + 1), sum.Complete(visit)), Is.EqualTo((0, 2)));
        }

        Assert.That(buffers.Gradients.Count, Is.EqualTo(2));
    }

    [Test]
    public void A_visit_that_is_tried_again_keeps_its_memory_and_nobody_else_has_it()
    {
        using var buffers = new BatchBuffers(Context.Setup, batchSize: 8);
        using var sum = new GradientSum(buffers, zeros([Context.Setup.FirstParameterCount]), 3);
        HostTensor first = sum.BufferOf(0);
        Assert.That(sum.BufferOf(0), Is.SameAs(first));
        HostTensor[] others = [sum.BufferOf(1), sum.BufferOf(2)];
        sum.Complete(1);
        sum.Complete(2);
        Assert.That(sum.BufferOf(0), Is.SameAs(first));
        Assert.That(others, Has.No.Member(first));
        Assert.That(sum.Complete(0), Is.EqualTo(3));
    }

    [Test]
    public void What_a_step_leaves_when_it_is_done_anew_is_used_again_and_adds_nothing()
    {
        using var buffers = new BatchBuffers(Context.Setup, batchSize: 8);
        using Tensor total = zeros([Context.Setup.FirstParameterCount]);
        using (var abandoned = new GradientSum(buffers, total.alias(), 3))
        {
            abandoned.BufferOf(0).Tensor.fill_(5);
            abandoned.BufferOf(2).Tensor.fill_(7);
            abandoned.Complete(0);
            abandoned.Complete(2);
            abandoned.Reclaim();
        }

        using var anew = new GradientSum(buffers, total.alias(), 2);
        anew.BufferOf(0).Tensor.fill_(1);
        anew.BufferOf(1).Tensor.fill_(2);
        Assert.That(anew.Complete(0) + anew.Complete(1), Is.EqualTo(2));
        Assert.That(total.data<float>().ToArray(), Is.All.EqualTo(3));
        Assert.That(buffers.Gradients.Count, Is.EqualTo(1), "the first one came where the sum stands");
    }

    private static float[][] Gradients(int seed)
    {
        SeededRandom random = SeededRandom.ForStream((ulong)seed, stream: 6);
        return [.. Enumerable.Range(0, Visits).Select(_ =>
            Enumerable.Range(0, (int)Context.Setup.FirstParameterCount).Select(_ => (random.Next(2_000_001) - 1_000_000) * 1.7e-5f).ToArray())];
    }

    private static float[] InOrder(float[][] gradients)
    {
        float[] sum = [.. gradients[0]];
        foreach (float[] gradient in gradients.Skip(1))
        {
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += gradient[i];
            }
        }

        return sum;
    }
}
