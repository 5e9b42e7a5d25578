using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>
/// The input as it comes from a socket, in pieces of a size that depends on it, and what is written kept. It counts work: who goes on reading at
/// the end, or reads nothing, is stuck.
/// </summary>
internal sealed class FuzzStream(byte[] input) : SequentialStream
{
    private readonly int _piece = input.Length % 3 == 0 ? int.MaxValue : 1 + (input.Length % 61);
    private readonly MemoryStream _written = new();
    private int _at;
    private int _fruitless;

    public byte[] Written => _written.ToArray();

    public override bool CanWrite => true;

    public override int Read(Span<byte> buffer)
    {
        int count = Math.Min(Math.Min(buffer.Length, _piece), input.Length - _at);
        if (count == 0 && ++_fruitless > 3)
        {
            throw new InvalidOperationException("reads on and on where nothing comes");
        }

        input.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(buffer.Span));
    }

    public override void Write(byte[] buffer, int offset, int count) => _written.Write(buffer, offset, count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _written.Write(buffer.Span);
        return ValueTask.CompletedTask;
    }
}
