namespace MessagePack;

/// <summary>The bytes hold something else than what the caller asked for.</summary>
public class MessagePackSerializationException : Exception
{
    /// <summary>An exception without a message of its own.</summary>
    public MessagePackSerializationException()
    {
    }

    /// <summary>An exception that says what was found.</summary>
    public MessagePackSerializationException(string? message)
        : base(message)
    {
    }

    /// <summary>An exception that wraps its cause.</summary>
    public MessagePackSerializationException(string? message, Exception? inner)
        : base(message, inner)
    {
    }
}
