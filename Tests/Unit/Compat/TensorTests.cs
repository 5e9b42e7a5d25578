using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Unit.Compat;

public class TensorTests
{
    private DisposeScope _scope = null!;

    [SetUp]
    public void Open() => _scope = NewDisposeScope();

    [TearDown]
    public void Close() => _scope.Dispose();

    [Test]
    public void A_failing_operator_throws_with_libtorchs_words_and_without_its_stack()
    {
        Tensor a = zeros(2, 3), b = zeros(4, 5);
        ExternalException error = Assert.Throws<ExternalException>(() => a.mm(b))!;
        Assert.That(error.Message, Does.StartWith("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"));
        Assert.That(Assert.Throws<ExternalException>(() => zeros(4).view(3, 2))!.Message, Does.Contain("shape '[3, 2]' is invalid"));
        Assert.That(a.add(1).sum().ToSingle(), Is.EqualTo(6f), "the thread works on after an error");
    }

    [Test]
    public void Bytes_are_the_memory_itself()
    {
        Tensor t = zeros(3);
        MemoryMarshal.Cast<byte, float>(t.bytes)[1] = 2.5f;
        Assert.That(t.data<float>().ToArray(), Is.EqualTo(new[] { 0f, 2.5f, 0f }));

        t.bytes = MemoryMarshal.AsBytes(new[] { 1f, 2f, 3f }.AsSpan());
        Assert.That(t.sum().ToSingle(), Is.EqualTo(6f));
        Assert.Throws<ArgumentException>(() => t.bytes = new byte[4]);
        Assert.Throws<InvalidOperationException>(() => _ = zeros(2, 3).t().bytes.Length);
    }

    [Test]
    public void A_slices_bytes_write_into_the_whole()
    {
        Tensor whole = zeros(4, 2);
        whole.narrow(0, 1, 2).bytes.Fill(0xff);
        Assert.That(whole.isfinite().data<bool>().ToArray(), Is.EqualTo(new[] { true, true, false, false, false, false, true, true }));
    }

    [Test]
    public void Tensor_copies_the_array_and_from_array_shares_it()
    {
        float[] array = [1, 2, 3, 4];
        Tensor copy = tensor(array, [2, 2]), shared = from_array(array), part = frombuffer(array, float32, count: 2, offset: 1);
        array[1] = 9;
        Assert.That(copy.data<float>().ToArray(), Is.EqualTo(new[] { 1f, 2f, 3f, 4f }));
        Assert.That(shared.data<float>().ToArray(), Is.EqualTo(new[] { 1f, 9f, 3f, 4f }));
        Assert.That(part.data<float>().ToArray(), Is.EqualTo(new[] { 9f, 3f }));
        Assert.That(copy.shape, Is.EqualTo(new long[] { 2, 2 }));
    }

    [Test]
    public void A_shared_array_stays_pinned_while_a_view_of_it_lives()
    {
        Tensor view = from_array(new float[] { 1, 2, 3, 4 }).narrow(0, 2, 2);
        _scope.DisposeEverythingBut(view);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.That(view.data<float>().ToArray(), Is.EqualTo(new[] { 3f, 4f }));
    }

    [Test]
    public void Factories_make_the_type_and_shape_asked_for()
    {
        Assert.That(zeros(2, 3).dtype, Is.EqualTo(float32));
        Assert.That(ones(new long[] { 2, 3 }, float64).sum().ToDouble(), Is.EqualTo(6));
        Assert.That(arange(2, 8, 3).data<long>().ToArray(), Is.EqualTo(new long[] { 2, 5 }));
        Assert.That(tensor(new long[] { 4, 5 }).dtype, Is.EqualTo(int64));
        Assert.That(tensor(new byte[] { 7 }).dtype, Is.EqualTo(uint8));
        Assert.That(tensor(1.5f).ndim, Is.Zero);
        Assert.That(full(new long[] { 2 }, 2.5).ToString(), Does.Contain("2").And.Contain("Float32"));
        Assert.That(randperm(50).to(float32).sum().ToSingle(), Is.EqualTo(49 * 50 / 2));
        Assert.That(cat([zeros(2, 3), ones(1, 3)]).shape, Is.EqualTo(new long[] { 3, 3 }));
        Assert.That(stack([zeros(3), ones(3)]).shape, Is.EqualTo(new long[] { 2, 3 }));
        Assert.That(new Device("cuda:1").index, Is.EqualTo(1));
        Assert.That(zeros(1).device.ToString(), Is.EqualTo("cpu"));
    }

    [Test]
    public void Views_share_memory_and_know_their_shape()
    {
        Tensor t = arange(12, float32).view(3, 4);
        Tensor[] parts = t.split([1, 2]), halves = t.split(2, dim: 1);
        parts[1].fill_(0);
        Assert.That(t.sum().ToSingle(), Is.EqualTo(0 + 1 + 2 + 3));
        Assert.That(parts.Select(p => p.shape[0]), Is.EqualTo(new long[] { 1, 2 }));
        Assert.That(halves.Select(p => p.size(1)), Is.EqualTo(new long[] { 2, 2 }));
        Assert.That(t.slice(1, 1, 4, 2).data<float>().ToArray(), Is.EqualTo(new[] { 1f, 3f, 0, 0, 0, 0 }));
        Assert.That(t.index_select(0, tensor(new long[] { 2, 0 })).data<float>()[1, 3], Is.EqualTo(3f));
        Assert.That(t.t().is_contiguous(), Is.False);
        Assert.That(t.t().contiguous().data<float>().ToArray()[3], Is.EqualTo(1f));
    }

    [Test]
    public void In_place_operators_return_the_tensor_that_they_changed()
    {
        Tensor t = ones(3);
        Assert.That(t.mul_(6).add_(ones(3), alpha: 2).sub_(2).div_(2).sqrt_(), Is.SameAs(t));
        Assert.That(t.addcmul_(ones(3), ones(3), 3).addcdiv_(ones(3), ones(3), -1).fill_(4).zero_(), Is.SameAs(t));
        Assert.That(t.copy_(ones(3)).Equals(ones(3)), Is.True);
    }

    [Test]
    public void Arithmetic_and_reductions_agree_with_hand_computed_values()
    {
        Tensor t = tensor(new float[] { 1, 4, -9 });
        Assert.That((2 * t + 1 - t / 2).data<float>().ToArray(), Is.EqualTo(new[] { 2.5f, 7f, -12.5f }));
        Assert.That((-t).abs().sqrt().data<float>().ToArray(), Is.EqualTo(new[] { 1f, 2f, 3f }));
        Assert.That(t.div(2, RoundingMode.floor).data<float>().ToArray(), Is.EqualTo(new[] { 0f, 2f, -5f }));
        Assert.That(t.pow(2).mean().ToSingle(), Is.EqualTo(98f / 3));
        Assert.That(t.max().ToSingle(), Is.EqualTo(4f));
        Assert.That(t.min().ToSingle(), Is.EqualTo(-9f));
        Assert.That(t.argmax().ToInt64(), Is.EqualTo(1));
        Tensor m = tensor(new float[,] { { 1, 2 }, { 4, 3 } });
        (Tensor values, Tensor indexes) = m.max(1);
        Assert.That(values.data<float>().ToArray(), Is.EqualTo(new[] { 2f, 4f }));
        Assert.That(indexes.Equals(m.argmax(1)), Is.True);
        Assert.That(m.sum(0L).data<float>().ToArray(), Is.EqualTo(new[] { 5f, 5f }));
        Assert.That(m.addmm(m, m, beta: 0, alpha: 1).Equals(m.matmul(m)), Is.True);
        Assert.That(m.eq(4).any().ToBoolean(), Is.True);
        Assert.That(m.eq(m).all().item<bool>(), Is.True);
        Assert.That(m.allclose(m + 1e-9), Is.True);
        Assert.That(m.Equals(m + 1), Is.False);
    }

    [Test]
    public void Random_state_can_be_put_back()
    {
        manual_seed(7);
        Tensor state = get_rng_state();
        Tensor first = randn(5);
        set_rng_state(state);
        Assert.That(randn(5).Equals(first), Is.True);
        manual_seed(7);
        Assert.That(randn(5).Equals(first), Is.True);
        using var own = new Generator(11);
        using var same = new Generator(11);
        Assert.That(randperm(20, generator: own).Equals(randperm(20, generator: same)), Is.True);
    }

    [Test]
    public void The_number_of_threads_can_be_set()
    {
        int before = get_num_threads();
        set_num_threads(1);
        Assert.That(get_num_threads(), Is.EqualTo(1));
        set_num_threads(before);
        Assert.That(get_num_threads(), Is.EqualTo(before));
    }

    [Test]
    public void A_disposed_tensor_is_invalid_and_says_so()
    {
        Tensor t = zeros(1);
        t.Dispose();
        t.Dispose();
        Assert.That(t.IsInvalid, Is.True);
        Assert.Throws<InvalidOperationException>(() => t.add(1));
    }

    [Test]
    public void Conversions_copy_only_where_they_must()
    {
        Tensor t = ones(2);
        t.to(float32).add_(1);
        Assert.That(t.sum().ToSingle(), Is.EqualTo(4f));
        t.to(float32, copy: true).add_(1);
        t.to(CPU).to(float64).add_(1);
        Assert.That(t.sum().ToSingle(), Is.EqualTo(4f));
        Tensor doubled = t.to(float64, disposeAfter: true);
        Assert.That(t.IsInvalid, Is.True);
        Assert.That(doubled.dtype, Is.EqualTo(float64));
    }
}
