using Microsoft.Data.Sqlite;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>One-line helpers for parameterised SQL statements.</summary>
internal static class SqliteCalls
{
    /// <summary>Opens an existing file. Not pooled, so that disposing the connection closes the file.</summary>
    public static SqliteConnection Connect(string path)
    {
        var database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString());
        database.Open();
        return database;
    }

    /// <summary>Executes a statement.</summary>
    public static void Execute(this SqliteConnection database, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = Prepare(database, sql, parameters);
        command.ExecuteNonQuery();
    }

    /// <summary>The first value of the first row; <see langword="null"/> if there is none.</summary>
    public static object? Value(this SqliteConnection database, string sql)
    {
        using SqliteCommand command = Prepare(database, sql, []);
        return command.ExecuteScalar() is var value && value is DBNull ? null : value;
    }

    /// <summary>Reads all rows.</summary>
    public static List<T> Read<T>(
        this SqliteConnection database, string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = Prepare(database, sql, parameters);
        using SqliteDataReader reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(row(reader));
        }

        return rows;
    }

    private static SqliteCommand Prepare(SqliteConnection database, string sql, ReadOnlySpan<(string Name, object Value)> parameters)
    {
        SqliteCommand command = database.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, object value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
}
