namespace TraversalLearning.Orchestration.Connections;

/// <summary>Receives bytes whose number the reply says.</summary>
/// <param name="maxLength">The most bytes that are accepted.</param>
internal sealed class ReceivedBlob(int maxLength)
{
    /// <summary>The most bytes that are accepted.</summary>
    public int MaxLength { get; } = maxLength;

    /// <summary>The bytes, once the reply has come.</summary>
    public byte[] Bytes { get; private set; } = [];

    /// <summary>Memory of this length, which is checked.</summary>
    public Memory<byte> Take(int length) => Bytes = new byte[length];
}
