using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Unit.Tensors;

/// <summary>From elements to bytes on the wire and back.</summary>
public sealed class EncodedTensorTests
{
    [Test]
    public void Raw_bytes_are_the_tensors_own()
    {
        byte[] raw = new byte[8192];
        using EncodedTensor encoded = Encode(raw, FrameSample.Checked);
        Assert.That(encoded.Descriptor.Encoding, Is.EqualTo(TensorEncoding.Raw));
        raw[5] = 1;
        Assert.That(encoded.Bytes.Span[5], Is.EqualTo(1));
    }

    [Test]
    public void What_shrinks_goes_as_one_LZ4_block()
    {
        byte[] raw = new byte[8192];
        raw[100] = 7;
        using EncodedTensor encoded = Encode(raw, FrameSample.Lz4);
        TensorDescriptor descriptor = encoded.Descriptor;
        Assert.That(descriptor.Encoding, Is.EqualTo(TensorEncoding.Lz4));
        Assert.That(descriptor.WireLength, Is.EqualTo(encoded.Bytes.Length).And.LessThan(200));
        Assert.That(descriptor.Checksum, Is.EqualTo(Crc32C.Compute(encoded.Bytes.Span)));
        byte[] decoded = new byte[8192];
        TensorDecoder.Verify(descriptor, Crc32C.Compute(encoded.Bytes.Span));
        TensorDecoder.DecodeLz4(descriptor, encoded.Bytes.Span, decoded);
        Assert.That(decoded, Is.EqualTo(raw));
    }

    [Test]
    public void What_does_not_shrink_goes_raw_under_lz4_too()
    {
        byte[] noise = new byte[8192];
        new Random(1).NextBytes(noise);
        using EncodedTensor encoded = Encode(noise, FrameSample.Lz4);
        Assert.That(encoded.Descriptor.Encoding, Is.EqualTo(TensorEncoding.Raw));
        Assert.That(encoded.Bytes.ToArray(), Is.EqualTo(noise));
    }

    [Test]
    public void The_most_compressible_tensor_is_within_what_a_receiver_takes_for_possible()
    {
        foreach (int length in new[] { 4096, 8192, 1 << 20, (1 << 24) + 8 })
        {
            using EncodedTensor encoded = Encode(new byte[length], FrameSample.Lz4);
            Assert.That(encoded.Descriptor.Encoding, Is.EqualTo(TensorEncoding.Lz4));
            encoded.Descriptor.Validate(WireLimits.Session);
        }
    }

    [Test]
    public void Checksums_can_be_left_out()
    {
        using EncodedTensor encoded = Encode(new byte[8], FrameSample.Unchecked);
        Assert.That(encoded.Descriptor.Checksum, Is.Null);
        TensorDecoder.Verify(encoded.Descriptor, Crc32C.Compute([1, 2, 3]));
    }

    [Test]
    public void A_tensor_is_as_long_as_its_shape_says()
    {
        foreach (long[] shape in new long[][] { [3], [1, 1], [], [0] })
        {
            Assert.Throws<ArgumentException>(
                (Action)(() => EncodedTensor.Encode("x", ElementType.Float32, shape, new byte[8], FrameSample.Checked)), string.Join(',', shape));
        }
    }

    [Test]
    public void May_be_disposed_twice()
    {
        EncodedTensor encoded = Encode(new byte[8192], FrameSample.Lz4);
        encoded.Dispose();
        encoded.Dispose();
        byte[] first = System.Buffers.ArrayPool<byte>.Shared.Rent(8192);
        byte[] second = System.Buffers.ArrayPool<byte>.Shared.Rent(8192);
        Assert.That(second, Is.Not.SameAs(first), "its buffer was given back twice");
    }

    private static EncodedTensor Encode(byte[] raw, TensorEncodingOptions options) =>
        EncodedTensor.Encode(TensorNames.Activations, ElementType.Float32, [raw.Length / 4], raw, options);
}
