import type { ComponentChildren } from 'preact';

/** Rows under named columns; where there is little room each row is a card. */
export function Table({ columns, children }: { columns: readonly string[]; children: ComponentChildren }) {
  return (
    <table class="table cards">
      <thead>
        <tr>
          {columns.map(text => (
            <th scope="col" key={text}>
              {text}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}
