using System.Runtime.InteropServices;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Training.Blind;
using TraversalLearning.Tensors;

namespace TraversalLearning.Tests.Unit.Nodes.Blind;

/// <summary>Gradients as integers: how much is lost, and that nothing wraps.</summary>
internal sealed class SumScaleTests
{
    // 3 rows of 7, a vector of 5, one of 1: none is a multiple of what the processor adds at once.
    private static readonly ParameterSlice[] Layout = [new("a.weight", [3, 7], 0, 21), new("a.bias", [5], 21, 5), new("b.bias", [1], 26, 1)];
    private const int Count = 27;

    private static readonly SumFormat Narrow = new(ElementType.Float32, 32, 3);

    private static readonly SumFormat[] Formats =
    [
        new(ElementType.Float32, 32, 3), new(ElementType.Float32, 64, 3), new(ElementType.Float64, 64, 3), new(ElementType.Float32, 32, 1), new(ElementType.Float64, 64, 1000),
    ];

    [TestCaseSource(nameof(Formats))]
    public void Each_node_rounds_by_half_a_unit_at_most(SumFormat format)
    {
        SumScale scale = Settled(format, Gradients(format.Nodes), out int nodes);
        double[][] gradients = Gradients(nodes);
        double[] sum = Sum(scale, format, gradients, headroom: []);
        for (int i = 0; i < Count; i++)
        {
            double exact = gradients.Sum(g => Stored(format, g[i]));
            double unit = Math.ScaleB(1, Exponent(gradients, i) + 4 - format.TargetBits);
            double type = Math.Abs(exact) * (format.Elements == ElementType.Float64 ? 1e-15 : 1e-7);
            Assert.That(sum[i], Is.EqualTo(exact).Within((nodes * unit / 2) + type), $"element {i}");
        }
    }

    [TestCaseSource(nameof(Formats))]
    public void A_small_row_keeps_its_digits_beside_a_large_one(SumFormat format)
    {
        double[] gradient = new double[Count];
        for (int i = 0; i < Count; i++)
        {
            gradient[i] = (i < 7 ? 1e-2 : i < 14 ? 1e-5 : 1e-4) * (1 + (i / 100.0));
        }

        SumScale scale = Settled(format, [gradient], out _);
        double[] sum = Sum(scale, format, [gradient], headroom: []);
        double relative = format.Bits == 32 ? 1e-5 : format.Elements == ElementType.Float32 ? 1e-6 : 1e-12;
        Assert.That(sum.Zip(gradient, (s, g) => Math.Abs((s - Stored(format, g)) / g)), Is.All.LessThan(relative));
    }

    [TestCaseSource(nameof(Formats))]
    public void The_largest_values_that_fit_do_not_wrap_in_a_sum_of_all_nodes(SumFormat format)
    {
        var scale = new SumScale(Layout, format);
        Assert.That((decimal)format.Limit * format.Nodes, Is.LessThanOrEqualTo(format.Bits == 64 ? long.MaxValue : int.MaxValue));
        double unit = Math.ScaleB(1, 4 - format.TargetBits);
        double most = format.Limit * unit * (1 - 1e-6);
        double[] gradient = [.. Enumerable.Range(0, Count).Select(i => i % 2 == 0 ? most : -most)];
        double[] sum = Sum(scale, format, [.. Enumerable.Repeat(gradient, format.Nodes)], headroom: []);
        Assert.That(sum.Zip(gradient, (s, g) => s / (g * format.Nodes)), Is.All.EqualTo(1).Within(1e-5));

        byte[] integers = new byte[Count * format.Bits / 8];
        Assert.That(scale.Quantise(Bytes(format, [.. gradient.Select(g => g * 1.01)]), [], integers), Is.EqualTo((int[])[0, 1, 2]), "a bit more does not fit");
        Assert.That(scale.Quantise(Bytes(format, [.. gradient.Select(g => g * 1.01)]), [1, 1, 1], integers), Is.Empty, "with a bit of headroom it does");
    }

    [TestCaseSource(nameof(Formats))]
    public void The_tensor_with_an_element_that_does_not_fit_is_named(SumFormat format)
    {
        foreach (double wrong in new[] { 1e30, -1e30, double.NaN, double.PositiveInfinity })
        {
            foreach ((int at, int tensor) in new[] { (0, 0), (8, 0), (20, 0), (25, 1), (26, 2) })
            {
                double[] gradient = new double[Count];
                gradient[at] = wrong;
                Assert.That(new SumScale(Layout, format).Quantise(Bytes(format, gradient), [], new byte[Count * format.Bits / 8]), Is.EqualTo((int[])[tensor]), $"{wrong}");
            }
        }
    }

    [Test]
    public void A_first_sum_that_is_too_coarse_is_refined_and_then_precise([Values(1e-3, 1e-12, 1e-25)] double size)
    {
        var format = new SumFormat(ElementType.Float32, 32, 3);
        var scale = new SumScale(Layout, format);
        double[][] gradients = Gradients(3, size);
        int repetitions = 0;
        while (!scale.IsPrecise(Integers(scale, format, gradients, []), [], out SumScale.Next next))
        {
            scale.Use(next);
            Assert.That(++repetitions, Is.LessThan(6), "each repetition finds out more");
        }

        Assert.That(repetitions, Is.Positive);
        double[] sum = Sum(scale, format, gradients, []);
        double largest = Enumerable.Range(0, Count).Max(i => Math.Abs(gradients.Sum(g => g[i])));
        Assert.That(Enumerable.Range(0, Count).Max(i => Math.Abs(sum[i] - gradients.Sum(g => g[i]))) / largest, Is.LessThan(1e-5));
    }

    [Test]
    public void A_gradient_a_thousand_times_larger_fits_with_headroom_and_loses_nothing_it_had()
    {
        var format = new SumFormat(ElementType.Float32, 32, 3);
        SumScale scale = Settled(format, Gradients(3), out _);
        double[][] larger = Gradients(3, size: 1000);
        byte[] integers = new byte[Count * sizeof(int)];
        int[] headroom = [8, 8, 8];
        Assert.That(scale.Quantise(Bytes(format, larger[0]), [], integers), Is.EqualTo((int[])[0, 1, 2]));
        Assert.That(scale.Quantise(Bytes(format, larger[0]), headroom, integers), Is.Empty);
        Assert.That(scale.IsPrecise(Integers(scale, format, larger, headroom), headroom, out SumScale.Next next), Is.True, "it has as many digits as the smaller one had");
        Assert.That(next.FewBits, Is.Empty);
        double[] sum = Sum(scale, format, larger, headroom);
        Assert.That(Enumerable.Range(0, Count).Select(i => sum[i] / larger.Sum(g => g[i])), Is.All.EqualTo(1).Within(1e-3));
        scale.Use(next);
        Assert.That(scale.Quantise(Bytes(format, larger[0]), [], integers), Is.Empty, "the next step is on the larger scale");
    }

    [TestCase(12)]
    [TestCase(22)]
    [TestCase(60)]
    public void Gradients_that_nearly_cancel_are_added_as_precisely_as_they_are_given(int bits)
    {
        // The first tensor cancels but for so many bits; the others do not.
        double[][] gradients = Gradients(3);
        Cancel(gradients, 0..21, bits);
        SumScale scale = Settled(Narrow, Gradients(3), out _);
        int[] fewBits = AssertAdded(scale, gradients, tensor: 0..21);
        Assert.That(fewBits, Is.EqualTo((int[])[0]), "and the node says of which tensor little is left");

        // What does not cancel in the next step is added as ever.
        AssertAdded(scale, Gradients(3), tensor: 0..0);
    }

    [TestCase(12)]
    [TestCase(22)]
    [TestCase(60)]
    public void A_row_that_nearly_cancels_costs_no_other_row_its_digits(int bits)
    {
        double[][] gradients = Gradients(3);
        Cancel(gradients, 7..14, bits);

        // Another tensor is far too coarse, so that every row gets the scale of its sum.
        SumScale scale = Settled(Narrow, [.. Gradients(3).Select(g => g.Select((v, i) => i == 26 ? v * 1e6 : v).ToArray())], out _);
        AssertAdded(scale, gradients, tensor: 7..14);
    }

    [TestCase(12, "040000000200000016001500150014001400")]
    [TestCase(22, "040000000200000016001500150014001400")]
    [TestCase(60, "040000000400000014001300130012001200")]
    public void The_scale_after_gradients_that_nearly_cancel_is_that_of_the_node_in_Python(int bits, string expected)
    {
        // Bytes from Scale in Tests/Peers/python_blind.py. All values are exact in float32.
        double[][] Simple() => [.. Enumerable.Range(1, 3).Select(n => Enumerable.Range(1, Count).Select(i => n * i / 32.0).ToArray())];
        var scale = new SumScale(Layout, Narrow);
        double[][] gradients = Simple();
        for (int i = 0; i < 21; i++)
        {
            (gradients[0][i], gradients[1][i], gradients[2][i]) = (0.75, -0.75, Math.ScaleB(1, -bits));
        }

        foreach (double[][] step in new[] { Simple(), gradients, Simple() })
        {
            Settle(scale, Narrow, step);
        }

        Assert.That(Convert.ToHexStringLower(scale.ToBytes()), Is.EqualTo(expected));
    }

    [Test]
    public void A_tensor_that_was_zero_is_found_again_and_loses_nothing([Values(1e-20, 1e-3, 1, 1e6)] double size)
    {
        double[][] zeros = Gradients(3);
        Array.ForEach(zeros, g => g.AsSpan(0, 21).Clear());
        SumScale scale = Settled(Narrow, zeros, out _);
        double[][] gradients = Gradients(3);
        Array.ForEach(gradients, g => Array.ForEach(Enumerable.Range(0, 21).ToArray(), i => g[i] *= size));
        Assert.That(AssertAdded(scale, gradients, tensor: 0..0), Is.Empty);
    }

    [Test]
    public void Headroom_grows_for_the_tensors_that_are_named_until_no_scale_is_left()
    {
        var headroom = new Headroom(3);
        Assert.That(headroom.Bits, Is.Empty);
        int[] Refuse(params int[] tensors)
        {
            headroom.Refused(new TaskFailedException(2, TaskFailureCodes.Range, "too large") { Unfit = tensors });
            Assert.That(headroom.Grow(), Is.EqualTo(headroom.Bits.All(b => b <= 2048)));
            return headroom.Bits;
        }

        Assert.That(Refuse(1), Is.EqualTo((int[])[0, 4, 0]));
        Assert.That(Refuse(0, 1), Is.EqualTo((int[])[4, 8, 0]));
        Assert.That(Enumerable.Range(0, 20).Select(_ => Refuse(1)[1]), Is.EqualTo((int[])[12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 128, 256, 512, 1024, 2048, 4096]));
        foreach (int[] tensors in new[] { [], new[] { 3 } })
        {
            Assert.That(() => Refuse(tensors), Throws.TypeOf<UserErrorException>().With.Message.Contains("node 2 says that a value does not fit"));
        }
    }

    [Test]
    public void A_sum_of_zeros_becomes_zero_after_a_bounded_number_of_repetitions([Values(32, 64)] int bits)
    {
        var format = new SumFormat(ElementType.Float32, bits, 3);
        var scale = new SumScale(Layout, format);
        byte[] zeros = new byte[Count * bits / 8];
        int repetitions = 0;
        for (; !scale.IsPrecise(zeros, [], out SumScale.Next next); repetitions++)
        {
            scale.Use(next);
        }

        Assert.That(repetitions, Is.LessThan(8));
        byte[] gradient = Bytes(format, [.. Enumerable.Repeat(1.0, Count)]);
        scale.Dequantise(zeros, [], gradient);
        Assert.That(gradient, Is.All.Zero);
    }

    [Test]
    public void A_scale_is_restored_from_its_bytes()
    {
        var format = new SumFormat(ElementType.Float32, 32, 3);
        SumScale scale = Settled(format, Gradients(3), out _);
        var restored = new SumScale(Layout, format);
        Assert.That(restored.ToBytes(), Is.Not.EqualTo(scale.ToBytes()));
        restored.Read(scale.ToBytes());
        Assert.That(restored.ToBytes(), Is.EqualTo(scale.ToBytes()));
        Assert.That(Integers(restored, format, Gradients(3), []), Is.EqualTo(Integers(scale, format, Gradients(3), [])));
    }

    [Test]
    public void Bytes_of_another_scale_are_refused()
    {
        var scale = new SumScale(Layout, new SumFormat(ElementType.Float32, 32, 3));
        byte[] bytes = scale.ToBytes();
        Assert.That(() => scale.Read(bytes.AsSpan(1)), Throws.TypeOf<ModelException>());
        Assert.That(() => scale.Read([]), Throws.TypeOf<ModelException>());
        bytes[^1] = 0x7f;
        Assert.That(() => scale.Read(bytes), Throws.TypeOf<ModelException>());
    }

    [TestCase(ElementType.Float64, 32, 3)]
    [TestCase(ElementType.Float32, 16, 3)]
    [TestCase(ElementType.Int32, 32, 3)]
    [TestCase(ElementType.Float32, 32, 100_001)]
    public void Formats_that_lose_digits_are_refused(ElementType elements, int bits, int nodes) =>
        Assert.That(() => new SumFormat(elements, bits, nodes).Validated(), Throws.TypeOf<ModelException>());

    [Test]
    public void Figures_are_exact_to_half_a_unit_and_too_large_ones_refused()
    {
        Assert.That(FixedPoint.Value(FixedPoint.Units(2.302585, "the loss", 3)), Is.EqualTo(2.302585).Within(Math.ScaleB(1, -33)));
        long most = FixedPoint.Units(Math.ScaleB(1, 28), "the loss", 3);
        Assert.That(FixedPoint.Value(3 * most), Is.EqualTo(3 * Math.ScaleB(1, 28)));
        Assert.That(() => FixedPoint.Units(1e9, "the loss", 3), Throws.TypeOf<TaskRefusedException>().With.Message.Contains("the loss of 1E+09 is too large"));
        Assert.That(() => FixedPoint.Units(double.NaN, "the loss", 3), Throws.TypeOf<TaskRefusedException>().With.Property("Code").EqualTo("not_finite"));
    }

    private static void Cancel(double[][] gradients, Range elements, int bits)
    {
        for (int i = elements.Start.Value; i < elements.End.Value; i++)
        {
            (gradients[0][i], gradients[1][i], gradients[2][i]) = (0.7, -0.7, Math.ScaleB(0.9, -bits));
        }
    }

    /// <summary>One step: some elements are added as precisely as they are given, all others relative to themselves.</summary>
    private static int[] AssertAdded(SumScale scale, double[][] gradients, Range tensor)
    {
        for (int attempts = 0; attempts < 48;)
        {
            int[] headroom = HeadroomFor(scale, Narrow, gradients, out int tried);
            attempts += tried;
            double[] sum = Sum(scale, Narrow, gradients, headroom);
            bool precise = scale.IsPrecise(Integers(scale, Narrow, gradients, headroom), headroom, out SumScale.Next next);
            scale.Use(next);
            if (!precise)
            {
                continue;
            }

            for (int i = 0; i < Count; i++)
            {
                double exact = gradients.Sum(g => g[i]);
                bool cancels = i >= tensor.Start.Value && i < tensor.End.Value;
                Assert.That(Math.Abs(sum[i] - exact), Is.LessThan(1e-5 * (cancels ? 1 : Math.Abs(exact))), $"element {i}");
            }

            return [.. next.FewBits];
        }

        Assert.Fail("not in a bounded number of attempts");
        return [];
    }

    /// <summary>Gradients with rows of very different sizes.</summary>
    private static double[][] Gradients(int nodes, double size = 1)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, nodes).Select(_ => Enumerable.Range(0, Count).Select(i => size * Math.ScaleB((random.NextDouble() * 0.8) + 0.2, -(i / 7))).ToArray())];
    }

    private static SumScale Settled(SumFormat format, double[][] gradients, out int nodes)
    {
        var scale = new SumScale(Layout, format);
        nodes = gradients.Length;
        Settle(scale, format, gradients);
        return scale;
    }

    private static void Settle(SumScale scale, SumFormat format, double[][] gradients)
    {
        bool precise;
        do
        {
            int[] headroom = HeadroomFor(scale, format, gradients, out _);
            precise = scale.IsPrecise(Integers(scale, format, gradients, headroom), headroom, out SumScale.Next next);
            scale.Use(next);
        }
        while (!precise);
    }

    /// <summary>The headroom that gradients need, found as the orchestrator finds it.</summary>
    private static int[] HeadroomFor(SumScale scale, SumFormat format, double[][] gradients, out int attempts)
    {
        var headroom = new Headroom(Layout.Length);
        byte[] integers = new byte[Count * format.Bits / 8];
        for (attempts = 1; ; attempts++)
        {
            int[] unfit = [.. gradients.SelectMany(g => scale.Quantise(Bytes(format, g), headroom.Bits, integers)).Distinct()];
            if (unfit.Length == 0)
            {
                return headroom.Bits;
            }

            headroom.Refused(new TaskFailedException(1, TaskFailureCodes.Range, "too large") { Unfit = unfit });
            Assert.That(headroom.Grow(), Is.True);
        }
    }

    private static byte[] Integers(SumScale scale, SumFormat format, double[][] gradients, int[] headroom)
    {
        byte[] sum = new byte[Count * format.Bits / 8];
        byte[] part = new byte[sum.Length];
        foreach (double[] gradient in gradients)
        {
            Assert.That(scale.Quantise(Bytes(format, gradient), headroom, part), Is.Empty);
            for (int i = 0; i < Count; i++)
            {
                if (format.Bits == 64)
                {
                    MemoryMarshal.Cast<byte, long>(sum.AsSpan())[i] += MemoryMarshal.Cast<byte, long>(part.AsSpan())[i];
                }
                else
                {
                    MemoryMarshal.Cast<byte, int>(sum.AsSpan())[i] += MemoryMarshal.Cast<byte, int>(part.AsSpan())[i];
                }
            }
        }

        return sum;
    }

    private static double[] Sum(SumScale scale, SumFormat format, double[][] gradients, int[] headroom)
    {
        byte[] sum = Bytes(format, new double[Count]);
        scale.Dequantise(Integers(scale, format, gradients, headroom), headroom, sum);
        return format.Elements == ElementType.Float64
            ? MemoryMarshal.Cast<byte, double>(sum).ToArray()
            : [.. MemoryMarshal.Cast<byte, float>(sum).ToArray().Select(f => (double)f)];
    }

    private static byte[] Bytes(SumFormat format, double[] values) => format.Elements == ElementType.Float64
        ? MemoryMarshal.AsBytes<double>(values).ToArray()
        : MemoryMarshal.AsBytes<float>([.. values.Select(v => (float)v)]).ToArray();

    private static double Stored(SumFormat format, double value) => format.Elements == ElementType.Float64 ? value : (float)value;

    private static int Exponent(double[][] gradients, int element)
    {
        int first = element < 21 ? element / 7 * 7 : element < 26 ? 21 : 26;
        int count = element < 21 ? 7 : element < 26 ? 5 : 1;
        return (int)Math.Ceiling(Math.Log2(Enumerable.Range(first, count).Max(i => Math.Abs(gradients.Sum(g => g[i])))));
    }
}
